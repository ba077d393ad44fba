internal import PatronStore
internal import TTRPC

/// What the handlers of subscriptions may use.
struct FeedContext {
  let transaction: ReadTransaction
  /// How many of the newest events of a store may be asked for again; nil for all.
  let history: Int?

  /// Reads of a store.
  func store(_ store: StoreID) -> StoreReader { StoreReader(transaction, store) }
}

/// Which commits a subscription is about.
struct FeedTopic: Sendable, Hashable {
  let store: StoreID
  /// One customer; nil for all of the store.
  let customerID: Int64?
}

/// What a client follows. It is asked for what is new whenever a commit changed its topic.
protocol FeedSubscription: Sendable {
  var topic: FeedTopic { get }
  /// The sequence behind which it begins.
  var start: Int64 { get }

  /// Sends what comes behind `position`, oldest first, and stops after a bounded amount of work or
  /// when `send` returns false: that message was sent, and there is no room for another one.
  func read(
    after position: Int64,
    _ context: FeedContext,
    _ send: ([UInt8]) -> Bool
  ) throws -> FeedPage

  /// A message that says only how far the client has everything.
  func heartbeat(at position: Int64) -> [UInt8]
}

/// How far a read of a subscription got.
struct FeedPage {
  enum End {
    /// There is nothing more in this snapshot.
    case caughtUp
    /// There is more.
    case hasMore
    /// The client has to take what was sent before there can be more.
    case isFull
  }

  /// Everything up to this sequence was sent or is not asked for.
  var position: Int64
  var end: End
}
