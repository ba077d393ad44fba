package import PatronStore
internal import Synchronization
internal import TTRPC

/// How subscriptions are served.
package struct WatchSettings: Sendable {
  /// After so long without a message a subscription is told how far it has everything.
  package var heartbeat = Duration.seconds(15)
  /// How many of the newest events of a store may be asked for again; nil for all that are kept.
  package var history: Int?

  /// The defaults.
  package init() {}
}

/// Brings commits to those who follow them. There is one for each store file.
///
/// The writer's thread calls ``observe(_:)`` after every commit. Only the subscriptions that the
/// commit is about are woken, each on its own I/O loop; idle ones cost nothing.
package final class WatchHub: Sendable {
  /// How subscriptions are served.
  package let settings: WatchSettings
  private let state = Mutex(State())
  private let wakeUps = Atomic<Int>(0)

  private struct State {
    var stores: [String: Followers] = [:]
    var hasEnded = false
  }

  /// Who follows one store.
  private struct Followers {
    var whole: [ObjectIdentifier: OpenWatch] = [:]
    var customers: [Int64: [ObjectIdentifier: OpenWatch]] = [:]
    /// The highest sequence that they were told of.
    var newest: Int64 = 0

    /// The lowest sequence of the commit that is being noted.
    private var lowest = Int64.max

    /// Notes the events of one customer in a commit, and adds whom to wake for them.
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

    /// Notes the end of the commit: those who follow the whole store are woken once.
    mutating func noteEnd(_ woken: inout [OpenWatch]) {
      for watch in whole.values where watch.note(lowest) { woken.append(watch) }
      lowest = .max
    }

    var isEmpty: Bool { whole.isEmpty && customers.isEmpty }
    var all: [OpenWatch] { Array(whole.values) + customers.values.flatMap(\.values) }
  }

  /// A hub without subscriptions.
  package init(_ settings: WatchSettings = WatchSettings()) { self.settings = settings }

  /// Subscriptions that commits have woken so far.
  package var wakeUpCount: Int { wakeUps.load(ordering: .relaxed) }

  /// Subscriptions that are open.
  package var watchCount: Int { state.withLock { $0.stores.values.map(\.all.count).reduce(0, +) } }

  /// Takes note of a commit: what `StoreOptions.commitObserver` is told.
  package func observe(_ changes: [RecordChange]) {
    let woken = state.withLock { state in Self.note(changes, &state) }
    guard !woken.isEmpty else { return }
    wakeUps.add(woken.count, ordering: .relaxed)
    // One wake-up of a loop for all of its subscriptions.
    for watches in Dictionary(grouping: woken, by: { ObjectIdentifier($0.loop) }).values {
      watches[0].loop.execute { loop in
        for watch in watches { loop.wake(watch) }
      }
    }
  }

  /// Ends every subscription with UNAVAILABLE, also those that begin later, so that a drain has not
  /// to wait for them.
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

// What the loops do.
extension WatchHub {
  /// Has a watch woken from now on; false when the server is stopping.
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

  /// Forgets a watch.
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

  /// The sequence up to which a watch that has caught up has seen everything; nil when it was told
  /// of more.
  func quietSequence(of watch: OpenWatch) -> Int64? {
    state.withLock { state in
      watch.hasNews ? nil : state.stores[watch.topic.store.name]?.newest
    }
  }
}

extension RPCError {
  /// The server stops.
  static let watchEnded = reason(
    .unavailable,
    "SHUTTING_DOWN",
    "The server is stopping. Watch again after the last sequence that came, nothing is lost."
  )
}
