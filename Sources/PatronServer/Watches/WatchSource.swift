package import PatronStore
internal import TTRPC

/// The context of the handlers of watches.
package struct WatchContext {
  package let transaction: ReadTransaction
  /// The number of the newest events of a store that a watch may request again; nil for all that
  /// are kept.
  package let history: Int?
  /// The events that watches of the same loop have read.
  package let feed: WatchFeed
  /// The work that the page may take.
  package let budget: WatchBudget

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

/// The part of a topic's events that a watch requests. Watches with the same topic and selection
/// get the same messages behind the same position.
package struct WatchSelection: Sendable, Hashable {
  /// The filter, as the client sent it.
  private let filter: [UInt8]
  /// The reference by which the request names the customer; nil for the whole store.
  private let customer: CustomerKey?

  package init(
    filter: [UInt8],
    customer: CustomerKey?
  ) {
    self.filter = filter
    self.customer = customer
  }
}

/// The source of a watch's messages. It is read whenever a commit changed its topic, once for all
/// watches with the same topic, selection and position.
package protocol WatchSource: Sendable {
  var topic: WatchTopic { get }
  var selection: WatchSelection { get }
  /// The position at which the watch starts: the sequence before its first event.
  var start: Int64 { get }
  /// True if the start may lie before the events that are kept for watches. The watch is opened
  /// after ``checkStart(oldest:)``.
  var startsFarBack: Bool { get }

  /// Throws if the watch starts before `oldest`, the oldest position that a client may request.
  func checkStart(oldest: Int64) throws

  /// Returns the events after `position`, oldest first. Stops when the budget of the context is
  /// used up.
  func read(after position: Int64, _ context: WatchContext) throws -> WatchPage

  /// Returns a message that reports only the position of the watch.
  func heartbeat(at position: Int64) -> [UInt8]
}

/// A message of a watch.
package struct WatchMessage: Sendable {
  /// The position of a client that has received the message.
  package let sequence: Int64
  package let bytes: [UInt8]

  package init(
    sequence: Int64,
    bytes: [UInt8]
  ) {
    self.sequence = sequence
    self.bytes = bytes
  }
}

/// The result of one read of a source.
package struct WatchPage: Sendable {
  /// The messages, with ascending sequences.
  package var messages: [WatchMessage] = []
  /// The position after the page: every event up to this sequence is in a message or not requested.
  package var position: Int64
  /// True if the database has no more events; false if another page must be read.
  package var isCaughtUp = false

  package init(position: Int64) { self.position = position }
}
