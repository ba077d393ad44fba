package import PatronStore
internal import Synchronization
internal import TTRPC

/// The settings of watches.
package struct WatchSettings: Sendable {
  /// The time without a message after which a watch sends its position.
  package var heartbeat = Duration.seconds(15)
  /// The number of the newest events of a store that a watch may request again; nil for all that
  /// are kept.
  package var history: Int?
  /// The maximum number of open watches, of all connections and stores.
  package var maxWatches = 16_384
  /// Bytes of events after which a page ends.
  package var pageBytes = 256 << 10
  /// The time that the watches of a loop get in one turn.
  package var turnTime = Duration.milliseconds(1)
  /// The number of messages that the watches of a loop send in one turn, to the nearest page.
  package var turnMessages = 256
  /// The least time between two turns, in which the loop serves its connections.
  package var turnPause = Duration.microseconds(100)
  /// Bytes of the latest events that each loop keeps for its watches.
  package var feedBytes = 4 << 20

  package init() {}
}

/// The distribution of commits to watches. There is one hub for each database file, usable on any
/// thread.
///
/// The writer's thread calls ``observe(_:)`` after every commit. A commit costs it the same however
/// many watches its topics have: each loop is told once, and finds the watches itself.
package final class WatchHub: Sendable {
  package let settings: WatchSettings
  private let state = Mutex(State())
  private let wakeUps = Atomic<Int>(0)
  private let reads = Atomic<Int>(0)
  private let watches = Atomic<Int>(0)
  /// The greatest lag of each loop's watches, at its last look.
  private let lags = Mutex<[ObjectIdentifier: Int64]>([:])

  private struct State {
    var stores: [String: Followers] = [:]
    var hasEnded = false
  }

  /// The topics that are watched in one store, each by loop.
  private struct Followers {
    var whole: [ObjectIdentifier: TopicNews] = [:]
    var customers: [Int64: [ObjectIdentifier: TopicNews]] = [:]
    /// The highest sequence that the watches were notified of.
    var newest: Int64 = 0

    /// The lowest sequence of the commit that is being noted.
    private var lowest = Int64.max

    /// Notes the events of one customer in a commit, and adds the topics to wake for them.
    mutating func note(
      _ events: ClosedRange<Int64>,
      of customerID: Int64,
      _ woken: inout [TopicNews]
    ) {
      newest = max(newest, events.upperBound)
      lowest = min(lowest, events.lowerBound)
      guard let topics = customers[customerID] else { return }
      for news in topics.values where news.note(events.lowerBound) { woken.append(news) }
    }

    /// Notes the end of a commit. Wakes the topic of the whole store once.
    mutating func noteEnd(_ woken: inout [TopicNews]) {
      for news in whole.values where news.note(lowest) { woken.append(news) }
      lowest = .max
    }

    var isEmpty: Bool { whole.isEmpty && customers.isEmpty }
    var all: [TopicNews] { Array(whole.values) + customers.values.flatMap(\.values) }
  }

  /// Creates a hub without watches.
  package init(_ settings: WatchSettings = WatchSettings()) { self.settings = settings }

  /// The number of times that commits have woken a topic on a loop.
  package var wakeUpCount: Int { wakeUps.load(ordering: .relaxed) }

  /// The number of pages that were read for watches.
  package var readCount: Int { reads.load(ordering: .relaxed) }

  /// The number of open watches.
  package var watchCount: Int { watches.load(ordering: .relaxed) }

  /// The most by which a watch of a whole store was behind at the last look, a few seconds ago, in
  /// numbers of the store's sequence.
  package var lag: Int64 { lags.withLock { $0.values.max() ?? 0 } }

  /// Notes a commit and wakes the topics that it concerns. It is `StoreOptions.commitObserver`,
  /// called on the writer's thread.
  package func observe(_ changes: [RecordChange]) {
    let woken = state.withLock { state in Self.note(changes, &state) }
    guard !woken.isEmpty else { return }
    wakeUps.add(woken.count, ordering: .relaxed)
    // A loop is woken once for all of its topics.
    for topics in Dictionary(grouping: woken, by: { ObjectIdentifier($0.loop) }).values {
      topics[0].loop.execute { loop in loop.wake(topics) }
    }
  }

  /// Ends every watch with UNAVAILABLE, each on its loop. Watches that begin later are refused, so
  /// that a drain does not wait for watches.
  package func end() {
    let open = state.withLock { state in
      defer { state.stores = [:] }
      state.hasEnded = true
      return state.stores.values.flatMap(\.all)
    }
    for topics in Dictionary(grouping: open, by: { ObjectIdentifier($0.loop) }).values {
      topics[0].loop.execute { loop in loop.end() }
    }
  }

  private static func note(_ changes: [RecordChange], _ state: inout State) -> [TopicNews] {
    if state.stores.isEmpty { return [] }
    var woken: [TopicNews] = []
    var told: Set<String> = []
    for change in changes {
      guard let events = change.events, state.stores[change.store] != nil else { continue }
      told.insert(change.store)
      state.stores[change.store]?.note(events, of: change.customerID, &woken)
    }
    for store in told { state.stores[store]?.noteEnd(&woken) }
    return woken
  }
}

// The methods that I/O loops call.
extension WatchHub {
  /// Takes a place for a watch. Every call that returns needs one of ``leave()``.
  ///
  /// - Throws: RESOURCE_EXHAUSTED `TOO_MANY_WATCHES`.
  func enter() throws(RPCError) {
    let count = watches.add(1, ordering: .relaxed).newValue
    guard count > settings.maxWatches else { return }
    leave()
    throw .tooManyWatches(limit: settings.maxWatches)
  }

  /// Gives the place of a watch back.
  func leave() { watches.subtract(1, ordering: .relaxed) }

  /// Counts a page.
  func countRead() { reads.add(1, ordering: .relaxed) }

  /// Registers a topic of a loop, which commits wake from now on. Returns false if the server is
  /// stopping.
  func add(_ news: TopicNews) -> Bool {
    let loop = ObjectIdentifier(news.loop)
    return state.withLock { state in
      if state.hasEnded { return false }
      let store = news.topic.store.name
      if let customerID = news.topic.customerID {
        state.stores[store, default: Followers()].customers[customerID, default: [:]][loop] = news
      } else {
        state.stores[store, default: Followers()].whole[loop] = news
      }
      return true
    }
  }

  /// Removes a topic of a loop.
  func remove(_ news: TopicNews) {
    let loop = ObjectIdentifier(news.loop)
    let store = news.topic.store.name
    state.withLock { state in
      // Changed in place: a store may have many topics.
      if let customerID = news.topic.customerID {
        state.stores[store]?.customers[customerID]?[loop] = nil
        if state.stores[store]?.customers[customerID]?.isEmpty ?? false {
          state.stores[store]?.customers[customerID] = nil
        }
      } else {
        state.stores[store]?.whole[loop] = nil
      }
      if state.stores[store]?.isEmpty ?? false { state.stores[store] = nil }
    }
  }

  /// Notes how far the watches of a loop are behind. `positions` has the lowest position of those
  /// of each whole store.
  func noteLag(_ positions: [String: Int64], of loop: LoopHandle) {
    let lag = state.withLock { state in
      positions.reduce(Int64(0)) { lag, entry in
        max(lag, (state.stores[entry.key]?.newest ?? 0) - entry.value)
      }
    }
    lags.withLock { $0[ObjectIdentifier(loop)] = lag }
  }

  /// Returns the sequence up to which a topic's caught-up watches have seen everything, or nil if
  /// it has noted commits to read.
  func quietSequence(of news: TopicNews) -> Int64? {
    state.withLock { state in
      news.isEmpty ? state.stores[news.topic.store.name]?.newest : nil
    }
  }
}

extension RPCError {
  /// The status of watches that end because the server stops.
  static let watchEnded = retryLater(
    .unavailable,
    "SHUTTING_DOWN",
    "The server is stopping. Watch again after the last received sequence. Nothing is lost.",
    after: RetryDelay.ofRestart
  )

  /// Returns the error for a watch beyond the limit.
  fileprivate static func tooManyWatches(limit: Int) -> RPCError {
    retryLater(
      .resourceExhausted,
      "TOO_MANY_WATCHES",
      "The server has \(limit) open watches (--max-watches). Watch again later, or watch a store "
        + "instead of many of its customers.",
      after: .seconds(1)
    )
  }
}
