package import PatronStore
internal import TTRPC

/// What the handlers of subscriptions may use.
package struct WatchContext {
  package let transaction: ReadTransaction
  /// How many of the newest events of a store may be asked for again; nil for all.
  package let history: Int?

  /// Reads of a store.
  package func store(_ store: StoreID) -> StoreReader { StoreReader(transaction, store) }
}

/// Which commits a subscription is about.
package struct WatchTopic: Sendable, Hashable {
  package let store: StoreID
  /// One customer; nil for all of the store.
  package let customerID: Int64?

  package init(
    store: StoreID,
    customerID: Int64?
  ) {
    self.store = store
    self.customerID = customerID
  }
}

/// What a client follows. It is asked for what is new whenever a commit changed its topic.
package protocol WatchSource: Sendable {
  var topic: WatchTopic { get }
  /// The sequence behind which it begins.
  var start: Int64 { get }

  /// Sends what comes behind `position`, oldest first, and stops after a bounded amount of work or
  /// when `send` returns false: that message was sent, and there is no room for another one.
  func read(
    after position: Int64,
    _ context: WatchContext,
    _ send: ([UInt8]) -> Bool
  ) throws -> WatchPage

  /// A message that says only how far the client has everything.
  func heartbeat(at position: Int64) -> [UInt8]
}

/// How far a read of a subscription got.
package struct WatchPage {
  package enum End {
    /// There is nothing more in this snapshot.
    case caughtUp
    /// There is more.
    case hasMore
    /// The client has to take what was sent before there can be more.
    case isFull
  }

  /// Everything up to this sequence was sent or is not asked for.
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
