import TestKit
import Testing

@testable import PatronStore

@Suite("Schedule of scans")
struct ScanScheduleTests {
  @Test func permitsBoundTheScansThatRun() throws {
    var lane = FakeLane(permits: 2)
    #expect(try lane.add("a") == ["start a"])
    #expect(try lane.add("b") == ["start b"])
    #expect(try lane.add("c") == [])
    #expect(lane.schedule.isContended && lane.schedule.queuedCount == 1)
    #expect(lane.park("a") == ["start c"])
    #expect(lane.schedule.parkedCount == 1)
    #expect(lane.unpark("a") == [], "a resumed scan needs a permit too")
    #expect(lane.end("b") == ["resume a"])
    #expect(!lane.schedule.isContended)
  }

  @Test func placesGoToTheStoreWithTheFewest() throws {
    var lane = FakeLane(permits: 1, places: 2)
    try lane.add("a1", store: "a", connection: 1)
    try lane.add("a2", store: "a", connection: 2)
    try lane.add("a3", store: "a", connection: 3)
    try lane.add("b1", store: "b", connection: 4)
    #expect(lane.end("a1") == ["start a2"])
    // The place of a1 went to b1, which came last.
    #expect(lane.end("a2") == ["start b1"])
    #expect(lane.end("b1") == ["start a3"])
  }

  @Test func aStoreAndAConnectionHaveSomePlacesOnly() throws {
    var lane = FakeLane(permits: 9, places: 9, perStore: 3, perConnection: 2)
    #expect(try lane.add("a1", store: "a", connection: 1) == ["start a1"])
    #expect(try lane.add("a2", store: "a", connection: 1) == ["start a2"])
    #expect(try lane.add("a3", store: "a", connection: 1) == [])
    #expect(try lane.add("b1", store: "b", connection: 1) == [], "another store, same connection")
    #expect(try lane.add("a4", store: "a", connection: 2) == ["start a4"])
    #expect(try lane.add("a5", store: "a", connection: 3) == [])
    #expect(try lane.add("c1", store: "c", connection: 4) == ["start c1"])
    #expect(lane.park("a1") == [], "a parked scan keeps its place")
    #expect(lane.end("a4") == ["start a5"])
    #expect(lane.end("a1") == ["start b1"])
    #expect(lane.end("a2") == ["start a3"])
  }

  @Test func theQueueKeepsRoomForOthers() throws {
    var lane = FakeLane(permits: 1, places: 1, queued: 12)
    try lane.add("running", store: "a", connection: 1)
    let full = StoreError.queueFull(retryAfter: .seconds(1), flag: "--max-queued-scans")
    for number in 0..<4 { try lane.add("a\(number)", store: "a", connection: 1) }
    #expect(throws: full) { try lane.add("x", store: "a", connection: 1) }
    for number in 4..<6 { try lane.add("a\(number)", store: "a", connection: 2) }
    #expect(throws: full) { try lane.add("x", store: "a", connection: 3) }
    try lane.add("b", store: "b", connection: 4)
    #expect(lane.schedule.queuedCount == 7)
    // One that leaves makes room.
    #expect(lane.cancel("a0") == true)
    try lane.add("a6", store: "a", connection: 3)
    #expect(throws: full) { try lane.add("x", store: "a", connection: 5) }
  }

  @Test func theLongestParkedGivesWay() throws {
    var lane = FakeLane(permits: 1, places: 2, evictableAfter: .seconds(1))
    try lane.add("a", connection: 1)
    lane.park("a")
    lane.now += .milliseconds(500)
    try lane.add("b", connection: 2)
    lane.park("b")
    lane.now += .milliseconds(499)
    #expect(try lane.add("c", connection: 3) == [])
    #expect(try lane.add("d", connection: 4) == [])
    lane.now += .milliseconds(1)
    #expect(lane.advance() == ["evict a"])
    lane.now += .milliseconds(500)
    #expect(lane.advance() == [], "one at a time")
    #expect(lane.unpark("a") == [], "it is evicted, even if its client reads now")
    #expect(lane.end("a") == ["evict b", "start c"])
    #expect(lane.end("b") == [])
    #expect(lane.end("c") == ["start d"])
  }

  @Test func scansWhoseClientsReadAreNotEvicted() throws {
    var lane = FakeLane(permits: 1, places: 2, evictableAfter: .seconds(1))
    try lane.add("slow", connection: 1)
    lane.park("slow")
    lane.now += .milliseconds(900)
    #expect(lane.unpark("slow") == ["resume slow"])
    lane.park("slow")
    lane.now += .milliseconds(900)
    try lane.add("running", connection: 2)
    #expect(try lane.add("new", connection: 3) == [])
    #expect(lane.unpark("slow") == [])
    lane.now += .seconds(60)
    #expect(lane.advance() == [], "a scan that waits for a permit is not its client's fault")
  }

  @Test func aStoreThatHasItsPlacesEvictsNobody() throws {
    var lane = FakeLane(permits: 1, places: 2, perStore: 1, evictableAfter: .zero)
    try lane.add("a", store: "a", connection: 1)
    lane.park("a")
    lane.now += .milliseconds(1)
    try lane.add("b", store: "b", connection: 2)
    lane.park("b")
    #expect(try lane.add("a2", store: "a", connection: 3) == [])
    #expect(try lane.add("c", store: "c", connection: 4) == ["evict a"])
  }

  @Test func turnsGoRoundByStore() throws {
    var lane = FakeLane(permits: 1)
    for number in 0..<4 {
      try lane.add("a\(number)", store: "a", connection: UInt64(number % 2))
    }
    try lane.add("b", store: "b", connection: 2)
    var time: [Character: Int] = [:]
    for _ in 0..<400 {
      let running = try #require(lane.running.first)
      let cost = running.first == "a" ? 20_000_000 : 5_000_000
      if let store = running.first { time[store, default: 0] += cost }
      lane.yield(running, cost: cost)
    }
    let (ofA, ofB) = (time["a"] ?? 0, time["b"] ?? 0)
    #expect(abs(ofA - ofB) <= 100_000_000, "a: \(ofA), b: \(ofB)")
  }

  /// Reads that end within their first turn are charged to their store afterwards.
  @Test func aStoreOfLongReadsGetsNoMoreTime() throws {
    var lane = FakeLane(permits: 1, places: 8, perStore: 4)
    var time: [Character: Int] = [:]
    var number = 0
    for _ in 0..<3 {
      for store in ["a", "b"] { try lane.addNext(&number, store) }
    }
    for _ in 0..<2000 {
      let running = try #require(lane.running.first)
      let store = try #require(running.first)
      let cost = store == "a" ? 15_000_000 : 1_000_000
      time[store, default: 0] += cost
      try lane.addNext(&number, String(store))
      lane.end(running, cost: cost)
    }
    let (ofA, ofB) = (time["a"] ?? 0, time["b"] ?? 0)
    #expect(ofA < ofB * 5 / 4 && ofB < ofA * 5 / 4, "a: \(ofA), b: \(ofB)")
  }

  /// A permit and a place come back from every state, in any order of events.
  @Test func nothingIsLost() throws {
    var random = SeededRandom()
    var lane = FakeLane(
      permits: 3,
      places: 8,
      perStore: 4,
      perConnection: 3,
      queued: 30,
      evictableAfter: .seconds(1)
    )
    for number in 0..<5000 {
      let name = "s\(number)"
      lane.now += .milliseconds(Int.random(in: 0..<300, using: &random))
      switch Int.random(in: 0..<8, using: &random) {
      case 0...2:
        let store = "store-\(Int.random(in: 0..<4, using: &random))"
        let connection = UInt64.random(in: 0..<6, using: &random)
        _ = try? lane.add(name, store: store, connection: connection)
      case 3: if let scan = lane.running.randomElement(using: &random) { lane.park(scan) }
      case 4: if let scan = lane.parked.randomElement(using: &random) { lane.unpark(scan) }
      case 5:
        if let scan = lane.running.randomElement(using: &random) { lane.yield(scan, cost: 7) }
      case 6: if let scan = lane.names.randomElement(using: &random) { lane.cancel(scan) }
      default: if let scan = lane.started.randomElement(using: &random) { lane.end(scan) }
      }
      #expect(lane.running.count <= 3 && lane.started.count <= 8)
    }
    while let scan = lane.started.first { lane.end(scan) }
    #expect(lane.names.isEmpty && lane.schedule.all.isEmpty && !lane.schedule.isContended)
    for number in 0..<3 {
      #expect(try lane.add("last", store: "s\(number)", connection: 9) == ["start last"])
    }
  }
}

/// A lane without threads, whose scans have names.
private struct FakeLane {
  private(set) var schedule: ScanSchedule
  var now = ContinuousClock.now
  private var scans: [String: ScanControl] = [:]
  /// Scans with a permit.
  private(set) var running: [String] = []
  /// Scans whose clients are full, evicted ones included.
  private(set) var parked: [String] = []
  /// Scans that were started and have not ended.
  private(set) var started: [String] = []

  init(
    permits: Int,
    places: Int = 100,
    perStore: Int = 100,
    perConnection: Int = 100,
    queued: Int = 1000,
    evictableAfter: Duration? = nil
  ) {
    schedule = ScanSchedule(
      ScanLaneLimits(
        lane: .scan,
        threadName: "fake",
        inBackground: false,
        permits: permits,
        places: places,
        maxPerStore: perStore,
        maxPerConnection: perConnection,
        maxQueued: queued,
        queueFlag: "--max-queued-scans",
        evictableAfter: evictableAfter,
        turn: .zero,
        idleThreadAge: .zero
      )
    )
  }

  /// The scans that have not ended, in the order of their names.
  var names: [String] { scans.keys.sorted() }

  @discardableResult
  mutating func add(
    _ name: String,
    store: String = "a",
    connection: UInt64 = 1
  ) throws -> [String] {
    let control = ScanControl(deadline: nil)
    let job = ScanJob(deadline: nil, sink: WindowSink(window: 1)) { _, _ in }
    let flow = Flow(store: store, connection: connection)
    try schedule.add(QueuedScan(work: .stream(job), flow: flow, control: control))
    scans[name] = control
    return advance()
  }

  mutating func addNext(_ number: inout Int, _ store: String) throws {
    number += 1
    try add("\(store)\(number)", store: store, connection: UInt64(number % 3))
  }

  @discardableResult
  mutating func park(_ name: String) -> [String] {
    if let scan = scans[name] { schedule.park(scan, at: now) }
    running.removeAll { $0 == name }
    parked.append(name)
    return advance()
  }

  @discardableResult
  mutating func unpark(_ name: String) -> [String] {
    if let scan = scans[name] { schedule.unpark(scan, cost: 1) }
    parked.removeAll { $0 == name }
    return advance()
  }

  @discardableResult
  mutating func yield(_ name: String, cost: Int) -> [String] {
    if let scan = scans[name] { schedule.yield(scan, cost: cost) }
    running.removeAll { $0 == name }
    return advance()
  }

  @discardableResult
  mutating func end(_ name: String, cost: Int = 1) -> [String] {
    guard let scan = scans.removeValue(forKey: name) else { return [] }
    schedule.end(scan, cost: cost)
    running.removeAll { $0 == name }
    parked.removeAll { $0 == name }
    started.removeAll { $0 == name }
    return advance()
  }

  /// Cancels a scan. Returns true if it had not begun, and so has ended.
  @discardableResult
  mutating func cancel(_ name: String) -> Bool {
    guard let scan = scans[name] else { return false }
    guard schedule.removeUnstarted({ $0 === scan }) != nil else {
      #expect(schedule.started { $0 === scan } === scan)
      return false
    }
    scans[name] = nil
    advance()
    return true
  }

  @discardableResult
  mutating func advance() -> [String] {
    schedule.advance(at: now).map { step in
      switch step {
      case .start(let scan):
        let name = name(of: scan.control)
        running.append(name)
        started.append(name)
        return "start \(name)"
      case .resume(let scan):
        let name = name(of: scan)
        running.append(name)
        return "resume \(name)"
      case .evict(let scan): return "evict \(name(of: scan))"
      }
    }
  }

  private func name(of scan: ScanControl) -> String {
    scans.first { $0.value === scan }?.key ?? "nobody"
  }
}
