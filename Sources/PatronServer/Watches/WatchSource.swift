package import PatronStore
internal import TTRPC

/// The context of the handlers of watches.
package struct WatchContext {
  package let transaction: ReadTransaction
  /// The number of the newest events of a store that a watch may request again; nil for all that
  /// are kept.
  package let history: Int?

  /// Returns the reads of a store.
  package func store(_ store: StoreID) -> StoreReader { StoreReader(transaction, store) }
}

/// The commits that a watch waits for.
package struct WatchTopic: Sendable, Hashable {
  package let store: StoreID
  /// The customer; nil for the whole store.
  package let customerID: Int64?

  package init(
    store: StoreID,
    customerID: Int64?
  ) {
    self.store = store
    self.customerID = customerID
  }
}

/// The source of a watch's messages. It is read whenever a commit changed its topic.
package protocol WatchSource: Sendable {
  var topic: WatchTopic { get }
  /// The position at which the watch starts: the sequence before its first event.
  var start: Int64 { get }

  /// Sends the events after `position`, oldest first. Stops after a bounded amount of work, or when
  /// `send` returns false: that message was sent, but there is no room for another.
  func read(
    after position: Int64,
    _ context: WatchContext,
    _ send: ([UInt8]) -> Bool
  ) throws -> WatchPage

  /// Returns a message that reports only the position of the watch.
  func heartbeat(at position: Int64) -> [UInt8]
}

/// The result of one read of a watch.
package struct WatchPage {
  package enum End {
    /// The snapshot has no more events.
    case caughtUp
    /// The snapshot has more events.
    case hasMore
    /// The stream is full. The client must take messages before more can be sent.
    case isFull
  }

  /// The position after the read: every event up to this sequence was sent or is not requested.
  package var position: Int64
  package var end: End

  package init(
    position: Int64,
    end: End
  ) {
    self.position = position
    self.end = end
  }
}
