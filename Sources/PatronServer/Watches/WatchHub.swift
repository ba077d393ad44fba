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

  package init() {}
}

/// The distribution of commits to watches. There is one hub for each database file, usable on any
/// thread.
///
/// The writer's thread calls ``observe(_:)`` after every commit. Only the watches of the commit's
/// topics are woken, each on its own I/O loop; idle watches cost nothing.
package final class WatchHub: Sendable {
  package let settings: WatchSettings
  private let state = Mutex(State())
  private let wakeUps = Atomic<Int>(0)

  private struct State {
    var stores: [String: Followers] = [:]
    var hasEnded = false
  }

  /// The watches of one store.
  private struct Followers {
    var whole: [ObjectIdentifier: OpenWatch] = [:]
    var customers: [Int64: [ObjectIdentifier: OpenWatch]] = [:]
    /// The highest sequence that the watches were notified of.
    var newest: Int64 = 0

    /// The lowest sequence of the commit that is being noted.
    private var lowest = Int64.max

    /// Notes the events of one customer in a commit, and adds the watches to wake for them.
    mutating func note(
      _ events: ClosedRange<Int64>,
      of customerID: Int64,
      _ woken: inout [OpenWatch]
    ) {
      newest = max(newest, events.upperBound)
      lowest = min(lowest, events.lowerBound)
      guard let watches = customers[customerID] else { return }
      for watch in watches.values where watch.note(events.lowerBound) { woken.append(watch) }
    }

    /// Notes the end of a commit. Wakes each watch of the whole store once.
    mutating func noteEnd(_ woken: inout [OpenWatch]) {
      for watch in whole.values where watch.note(lowest) { woken.append(watch) }
      lowest = .max
    }

    var isEmpty: Bool { whole.isEmpty && customers.isEmpty }
    var all: [OpenWatch] { Array(whole.values) + customers.values.flatMap(\.values) }
  }

  /// Creates a hub without watches.
  package init(_ settings: WatchSettings = WatchSettings()) { self.settings = settings }

  /// The number of watches that commits have woken so far.
  package var wakeUpCount: Int { wakeUps.load(ordering: .relaxed) }

  /// The number of open watches.
  package var watchCount: Int { state.withLock { $0.stores.values.map(\.all.count).reduce(0, +) } }

  /// Notes a commit and wakes the watches that it concerns. It is `StoreOptions.commitObserver`,
  /// called on the writer's thread.
  package func observe(_ changes: [RecordChange]) {
    let woken = state.withLock { state in Self.note(changes, &state) }
    guard !woken.isEmpty else { return }
    wakeUps.add(woken.count, ordering: .relaxed)
    // A loop is woken once for all of its watches.
    for watches in Dictionary(grouping: woken, by: { ObjectIdentifier($0.loop) }).values {
      watches[0].loop.execute { loop in
        for watch in watches { loop.wake(watch) }
      }
    }
  }

  /// Ends every watch with UNAVAILABLE. Watches that begin later are refused, so that a drain does
  /// not wait for watches.
  package func end() {
    let open = state.withLock { state in
      defer { state.stores = [:] }
      state.hasEnded = true
      return state.stores.values.flatMap(\.all)
    }
    for watch in open { watch.stream.finish(.watchEnded) }
  }

  private static func note(_ changes: [RecordChange], _ state: inout State) -> [OpenWatch] {
    if state.stores.isEmpty { return [] }
    var woken: [OpenWatch] = []
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
  /// Registers a watch, which commits wake from now on. Returns false if the server is stopping.
  package func add(_ watch: OpenWatch) -> Bool {
    let id = ObjectIdentifier(watch)
    return state.withLock { state in
      if state.hasEnded { return false }
      if let customerID = watch.topic.customerID {
        state.stores[watch.topic.store.name, default: Followers()]
          .customers[customerID, default: [:]][id] = watch
      } else {
        state.stores[watch.topic.store.name, default: Followers()].whole[id] = watch
      }
      return true
    }
  }

  /// Removes a watch.
  package func remove(_ watch: OpenWatch) {
    let id = ObjectIdentifier(watch)
    state.withLock { state in
      guard var followers = state.stores[watch.topic.store.name] else { return }
      followers.whole[id] = nil
      if let customerID = watch.topic.customerID {
        var watches = followers.customers[customerID] ?? [:]
        watches[id] = nil
        followers.customers[customerID] = watches.isEmpty ? nil : watches
      }
      state.stores[watch.topic.store.name] = followers.isEmpty ? nil : followers
    }
  }

  /// Returns the sequence up to which a caught-up watch has seen everything, or nil if it has noted
  /// commits to read.
  func quietSequence(of watch: OpenWatch) -> Int64? {
    state.withLock { state in
      watch.hasNews ? nil : state.stores[watch.topic.store.name]?.newest
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
}
