/// The rules by which the scans of a lane share its places and permits. A value without clock,
/// thread or lock: the lane calls it under its lock and does the steps that it returns.
///
/// A scan waits for a *place*, that is a thread with a snapshot, and then for a *permit* to use the
/// processor. It gives the permit back while its client is full, and keeps the place: it is parked.
/// Places go to the store that has fewest. Permits go round by store, in proportion to time.
struct ScanSchedule: Sendable {
  /// An order to the lane.
  enum Step {
    /// Gives a thread to the scan, which has a permit.
    case start(QueuedScan)
    /// Wakes the scan, which has a permit again.
    case resume(ScanControl)
    /// Ends the parked scan, because another waits for its place.
    case evict(ScanControl)
  }

  /// The state of a scan that has a place.
  private enum Phase: Sendable {
    /// Waits for its first permit; it has no thread yet.
    case ready
    /// Has a permit.
    case running
    /// Waits for its client.
    case parked(since: ContinuousClock.Instant)
    /// Waits for a permit again.
    case returning
    /// Evicted, and about to end.
    case evicted
  }

  private struct Placed: Sendable {
    let scan: QueuedScan
    var phase: Phase
  }

  /// Nanoseconds of one unit of cost. A turn among stores has the credit of one unit, so stores
  /// whose scans are short take turns one by one.
  private static let unit = 100_000

  /// Stores whose debts are remembered.
  private static let maxOwing = 1000

  private let limits: ScanLaneLimits
  /// Scans without a place, in the order of their arrival.
  private var waiting: [QueuedScan] = []
  private var waitingOfStore: [String: Int] = [:]
  private var waitingOfConnection: [UInt64: Int] = [:]
  private var placed: [ObjectIdentifier: Placed] = [:]
  private var placesOfStore: [String: Int] = [:]
  private var placesOfConnection: [UInt64: Int] = [:]
  /// Scans that wait for a permit. Each costs the time of its last turn, because that of the next
  /// is not known.
  private var ready = FairQueue<ScanControl>(quantum: 1)
  /// Nanoseconds of scans that ended, charged to the next scan of their store. Forgotten when the
  /// lane is empty.
  private var owed: [String: Int] = [:]
  private var permitsInUse = 0
  private var isEvicting = false

  init(_ limits: ScanLaneLimits) { self.limits = limits }

  /// Scans that wait for a place or for their first permit.
  var queuedCount: Int {
    waiting.count + placed.values.count { if case .ready = $0.phase { true } else { false } }
  }

  /// Scans that wait for their client.
  var parkedCount: Int {
    placed.values.count { if case .parked = $0.phase { true } else { false } }
  }

  /// The scans by their state. One that was evicted is still parked.
  var phases: ScanLane.Phases {
    var phases = ScanLane.Phases()
    phases.queued = waiting.count
    for entry in placed.values {
      switch entry.phase {
      case .ready: phases.queued += 1
      case .running: phases.running += 1
      case .parked, .evicted: phases.parked += 1
      case .returning: phases.yielding += 1
      }
    }
    return phases
  }

  /// Scans that have a place.
  var placedCount: Int { placed.count }

  /// True if a scan waits for a permit.
  var isContended: Bool { !ready.isEmpty }

  /// All scans of the lane.
  var all: [QueuedScan] { waiting + placed.values.map(\.scan) }

  // MARK: Changes

  /// Queues a scan, or throws ``StoreError/queueFull(retryAfter:flag:)``. A store may fill as much
  /// of the queue as it leaves free for others, which is half for a lone one, and a connection half
  /// as much as is free.
  mutating func add(_ scan: QueuedScan) throws(StoreError) {
    let free = limits.maxQueued - waiting.count
    let ofStore = waitingOfStore[scan.flow.store, default: 0]
    let ofConnection = waitingOfConnection[scan.flow.connection, default: 0]
    guard ofStore < free, ofConnection < max(1, free / 2) else {
      throw .queueFull(retryAfter: .seconds(1), flag: limits.queueFlag)
    }
    waiting.append(scan)
    waitingOfStore[scan.flow.store] = ofStore + 1
    waitingOfConnection[scan.flow.connection] = ofConnection + 1
  }

  /// Removes and returns the first scan that is meant and has not begun.
  mutating func removeUnstarted(_ isMeant: (ScanControl) -> Bool) -> QueuedScan? {
    if let place = waiting.firstIndex(where: { isMeant($0.control) }) {
      return removeWaiting(at: place)
    }
    for (id, entry) in placed {
      guard case .ready = entry.phase, isMeant(entry.scan.control) else { continue }
      end(id)
      return entry.scan
    }
    return nil
  }

  /// Returns the first scan that is meant and has begun.
  func started(_ isMeant: (ScanControl) -> Bool) -> ScanControl? {
    placed.values.first { isMeant($0.scan.control) }?.scan.control
  }

  /// Parks a running scan: its permit is free.
  mutating func park(_ scan: ScanControl, at now: ContinuousClock.Instant) {
    guard change(scan, to: .parked(since: now)) else { return }
    permitsInUse -= 1
  }

  /// Lets a parked scan wait for a permit again. Its last turn took `cost` nanoseconds.
  mutating func unpark(_ scan: ScanControl, cost: Int) {
    if change(scan, to: .returning) { requeue(scan, cost) }
  }

  /// Takes the permit of a running scan, whose turn took `cost` nanoseconds, and lets it wait for
  /// the next.
  mutating func yield(_ scan: ScanControl, cost: Int) {
    guard change(scan, to: .returning) else { return }
    permitsInUse -= 1
    requeue(scan, cost)
  }

  /// Removes a scan that has ended, in any state. Its last turn took `cost` nanoseconds.
  mutating func end(_ scan: ScanControl, cost: Int) {
    let id = ObjectIdentifier(scan)
    if let flow = placed[id]?.scan.flow { owed[flow.store, default: 0] += cost }
    end(id)
    if placed.isEmpty || owed.count > Self.maxOwing { owed.removeAll() }
  }

  /// Divides free places and permits. Call it after every change.
  mutating func advance(at now: ContinuousClock.Instant) -> [Step] {
    var steps: [Step] = []
    while placed.count < limits.places, let next = nextForPlace() { place(removeWaiting(at: next)) }
    if let oldest = evict(at: now) { steps.append(.evict(oldest)) }
    while permitsInUse < limits.permits, let scan = ready.popFirst() {
      let id = ObjectIdentifier(scan)
      guard let entry = placed[id] else { continue }
      permitsInUse += 1
      placed[id]?.phase = .running
      if case .ready = entry.phase {
        steps.append(.start(entry.scan))
      } else {
        steps.append(.resume(scan))
      }
    }
    return steps
  }

  // MARK: Places

  /// Returns the index of the waiting scan that gets the next place: of those whose store and
  /// connection may have one more, the earliest of the store with the fewest places.
  private func nextForPlace() -> Int? {
    // The usual full queue is of one store or connection. It is long, and looked at often.
    guard waitingOfStore.contains(where: { mayPlace(ofStore: $0.key) }),
      waitingOfConnection.contains(where: { mayPlace(ofConnection: $0.key) })
    else { return nil }
    var best: (index: Int, ofStore: Int, ofConnection: Int)?
    for (index, scan) in waiting.enumerated() {
      let ofStore = placesOfStore[scan.flow.store, default: 0]
      let ofConnection = placesOfConnection[scan.flow.connection, default: 0]
      guard ofStore < limits.maxPerStore, ofConnection < limits.maxPerConnection else { continue }
      if let best, (best.ofStore, best.ofConnection) <= (ofStore, ofConnection) { continue }
      best = (index, ofStore, ofConnection)
    }
    return best?.index
  }

  private func mayPlace(ofStore store: String) -> Bool {
    placesOfStore[store, default: 0] < limits.maxPerStore
  }

  private func mayPlace(ofConnection connection: UInt64) -> Bool {
    placesOfConnection[connection, default: 0] < limits.maxPerConnection
  }

  /// Chooses the scan that has been parked longest, if that is long enough and another waits for a
  /// place. Only one is about to end at a time: its end calls ``advance(at:)`` again.
  private mutating func evict(at now: ContinuousClock.Instant) -> ScanControl? {
    guard placed.count >= limits.places, !waiting.isEmpty, !isEvicting,
      let patience = limits.evictableAfter
    else { return nil }
    var longest: (scan: ScanControl, since: ContinuousClock.Instant)?
    for entry in placed.values {
      guard case .parked(let since) = entry.phase, since <= longest?.since ?? since else {
        continue
      }
      longest = (entry.scan.control, since)
    }
    guard let longest, longest.since.duration(to: now) >= patience, nextForPlace() != nil else {
      return nil
    }
    isEvicting = true
    placed[ObjectIdentifier(longest.scan)]?.phase = .evicted
    return longest.scan
  }

  private mutating func place(_ scan: QueuedScan) {
    placed[ObjectIdentifier(scan.control)] = Placed(scan: scan, phase: .ready)
    placesOfStore[scan.flow.store, default: 0] += 1
    placesOfConnection[scan.flow.connection, default: 0] += 1
    enqueue(scan.control, scan.flow, cost: 0)
  }

  private mutating func end(_ id: ObjectIdentifier) {
    guard let entry = placed.removeValue(forKey: id) else { return }
    switch entry.phase {
    case .ready, .returning: _ = ready.remove { $0 === entry.scan.control }
    case .running: permitsInUse -= 1
    case .evicted: isEvicting = false
    case .parked: break
    }
    Self.decrement(&placesOfStore, entry.scan.flow.store)
    Self.decrement(&placesOfConnection, entry.scan.flow.connection)
  }

  private mutating func removeWaiting(at place: Int) -> QueuedScan {
    let scan = waiting.remove(at: place)
    Self.decrement(&waitingOfStore, scan.flow.store)
    Self.decrement(&waitingOfConnection, scan.flow.connection)
    return scan
  }

  // MARK: Permits

  private mutating func requeue(_ scan: ScanControl, _ cost: Int) {
    guard let flow = placed[ObjectIdentifier(scan)]?.scan.flow else { return }
    enqueue(scan, flow, cost: cost)
  }

  private mutating func enqueue(_ scan: ScanControl, _ flow: Flow, cost: Int) {
    let cost = cost + (owed.removeValue(forKey: flow.store) ?? 0)
    ready.append(scan, flow: flow, cost: cost / Self.unit)
  }

  /// Changes the state of a scan. Returns false if it has no place or was evicted.
  private mutating func change(_ scan: ScanControl, to phase: Phase) -> Bool {
    let id = ObjectIdentifier(scan)
    guard let entry = placed[id] else { return false }
    if case .evicted = entry.phase { return false }
    placed[id]?.phase = phase
    return true
  }

  private static func decrement<Key: Hashable>(_ counts: inout [Key: Int], _ key: Key) {
    guard let count = counts[key] else { return }
    counts[key] = count > 1 ? count - 1 : nil
  }
}
