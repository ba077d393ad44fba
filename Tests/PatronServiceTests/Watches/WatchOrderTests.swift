import PatronProto
import PatronStore
import ProtobufC
import Synchronization
import TTRPC
import TTRPCNIO
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that no event is missing and none is sent twice, with concurrent writers and any start of
/// a watch.
@Suite(.timeLimit(.minutes(15)))
struct WatchOrderTests {
  /// The writes of all writers, by store.
  private final class Truth: Sendable {
    /// Every sequence in an answer, with its event.
    let given = Mutex<[String: [Int64: Event]]>([:])

    func add(_ event: Event, _ store: String) {
      given.withLock { $0[store, default: [:]][event.sequence] = event }
    }

    /// Returns the sequences of the events in their final state.
    func final(_ store: String, of customerID: Int64?) -> [Int64] {
      var latest: [Int64: Int64] = [:]
      for event in given.withLock({ $0[store] ?? [:] }).values
      where customerID == nil || event.customerID == customerID {
        latest[event.id] = max(latest[event.id] ?? 0, event.sequence)
      }
      return latest.values.sorted()
    }
  }

  private struct Plan: Sendable {
    var store: String
    var customer: String?
    var after: Int64
    /// True for a reader that pauses now and then.
    var isSlow: Bool
  }

  private static let stores = ["red", "blue"]
  private static let customers = ["c0", "c1", "c2", "c3"]

  @Test(arguments: SeededRandom.seeds(1, 2, 3, .random(in: 4...UInt64(UInt32.max))))
  func whileManyWrite(_ seed: UInt64) async throws {
    try await WatchRig.run { rig in
      var random = SeededRandom(seed: seed)
      for store in Self.stores {
        for customer in Self.customers {
          try await rig.record("0-\(customer)", of: customer, in: store)
        }
      }
      let truth = Truth()
      let plans = (0..<24).map { number in
        Plan(
          store: Self.stores[number % 2],
          customer: number % 3 == 0 ? nil : "c\(number % 4)",
          after: number % 5 == 0 ? 1 : 0,
          isSlow: number % 7 == 0
        )
      }
      let delays = plans.map { _ in Int.random(in: 0...60, using: &random) }
      let seeds = (0..<6).map { _ in random.next() }
      let followed = try await withThrowingTaskGroup(of: Followed?.self) { group in
        for (plan, delay) in zip(plans, delays) {
          group.addTask {
            try await Task.sleep(for: .milliseconds(delay))
            return try await Self.follow(plan, rig)
          }
        }
        group.addTask {
          try await withThrowingTaskGroup(of: Void.self) { writers in
            for (number, seed) in seeds.enumerated() {
              writers.addTask { try await Self.write(number, seed, rig, truth) }
            }
            try await writers.waitForAll()
          }
          // Every watch of a store, or of one of its customers, ends with this event.
          for store in Self.stores {
            for customer in Self.customers {
              truth.add(try await rig.record("last-\(customer)", of: customer, in: store), store)
            }
          }
          return nil
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      // All answers are known only now.
      for followed in followed.compactMap({ $0 }) { Self.check(followed, truth, seed) }
    }
  }

  private struct Followed: Sendable {
    var plan: Plan
    var start: Int64
    var seen: [WatchTimelineResponse]
  }

  private static func write(
    _ number: Int,
    _ seed: UInt64,
    _ rig: WatchRig,
    _ truth: Truth
  ) async throws {
    var random = SeededRandom(seed: seed)
    for step in 0..<60 {
      let store = stores[Int.random(in: 0...1, using: &random)]
      let customer = Int.random(in: 0...3, using: &random)
      // Several writers use some ids repeatedly, so those events are replaced.
      let isShared = Int.random(in: 0...3, using: &random) == 0
      let id = isShared ? "s\(customer)-\(step % 3)" : "w\(number)-\(step)"
      let event = try await rig.record(
        id,
        of: "c\(customer)",
        in: store,
        title: "\(number) \(step)"
      )
      truth.add(event, store)
    }
  }

  private static func follow(_ plan: Plan, _ rig: WatchRig) async throws -> Followed {
    var watch = try await rig.watch(after: plan.after, of: plan.customer, in: plan.store)
    let last = "last-\(plan.customer ?? customers.last ?? "")"
    var seen: [WatchTimelineResponse] = []
    repeat {
      seen.append(try await watch.nextEvent())
      if plan.isSlow, seen.count % 10 == 0 { try await Task.sleep(for: .milliseconds(20)) }
    } while seen.last?.event?.eventID != last
    watch.cancel()
    return Followed(plan: plan, start: watch.start, seen: seen)
  }

  private static func check(_ followed: Followed, _ truth: Truth, _ seed: UInt64) {
    let (plan, seen) = (followed.plan, followed.seen)
    let place = "seed \(seed), \(plan)"
    let sequences = seen.map(\.sequence)
    #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $0 < $1 }, "\(place)")
    let customerID = plan.customer == nil ? nil : seen.last?.event?.customerID
    let expected = truth.final(plan.store, of: customerID).filter { $0 > followed.start }
    #expect(Set(expected).subtracting(sequences).isEmpty, "missing; \(place)")
    let given = truth.given.withLock { $0[plan.store] ?? [:] }
    for response in seen where response.sequence > firstWritten(given) {
      #expect(response.event?.sequence == response.sequence, "\(place)")
      #expect(given[response.sequence] == response.event, "never written; \(place)")
      #expect((response.event?.revision ?? 0 > 0) == (response.kind == .replaced), "\(place)")
    }
  }

  /// Returns the position before the writers' first event. Earlier events were recorded before they
  /// began.
  private static func firstWritten(_ given: [Int64: Event]) -> Int64 { (given.keys.min() ?? 1) - 1 }

  @Test func resumesAtEveryPoint() async throws {
    try await WatchRig.run { rig in
      for number in 0..<40 {
        try await rig.record(
          "e\(number * 13 % 25)",
          of: "c\(number * 13 % 25 % 3)",
          title: "\(number)"
        )
      }
      try await rig.record("last", of: "c0")
      var whole = try await rig.watch(after: 1)
      let all = try await whole.events(to: "last")
      #expect(all.count == 26)
      for after in 1..<(all.last?.sequence ?? 0) {
        var watch = try await rig.watch(after: after)
        let seen = try await watch.events(to: "last").map(\.sequence)
        #expect(seen == all.map(\.sequence).filter { $0 > after }, "after \(after)")
        var one = try await rig.watch(after: after, of: "c0")
        let ofOne = all.filter { $0.event?.customerID == all.last?.event?.customerID }
        #expect(
          try await one.events(to: "last").map(\.sequence)
            == ofOne.map(\.sequence).filter { $0 > after },
          "c0 after \(after)"
        )
        watch.cancel()
        one.cancel()
      }
    }
  }

  @Test(arguments: SeededRandom.seeds(7, .random(in: 8...UInt64(UInt32.max))))
  func goesOnAfterRestarts(_ seed: UInt64) async throws {
    let directory = TemporaryDirectory()
    var random = SeededRandom(seed: seed)
    var whole: [Int64] = []
    var ofOne: [Int64] = []
    var positions: (whole: Int64, ofOne: Int64) = (1, 0)
    let life: @Sendable (Int, WatchRig, Int) async throws -> Void = { number, rig, events in
      for step in 0..<events {
        try await rig.record("\(number)-\(step)", of: "c\(step % 2)")
      }
    }
    for number in 0..<5 {
      let rig = try await WatchRig.open(in: directory)
      if number == 0 { positions.ofOne = try await rig.record("first", of: "c1").sequence }
      var watch = try await rig.watch(after: positions.whole)
      var one = try await rig.watch(after: positions.ofOne, of: "c1")
      let events = Int.random(in: 10...30, using: &random)
      let taken = Int.random(in: 2...8, using: &random)
      async let writing: Void = life(number, rig, events)
      // The server stops while there is more to read and writes continue.
      for response in try await watch.events(taken) { whole.append(response.sequence) }
      for response in try await one.events(taken / 2) { ofOne.append(response.sequence) }
      try await writing
      positions = (watch.last, one.last)
      rig.watches.end()
      // Messages on their way still count, because the client receives them.
      let error = try await failure("seed \(seed)") {
        while let response = try await watch.next() {
          if response.isRecorded { whole.append(response.sequence) }
        }
      }
      #expect(error.code == .unavailable && error.reason == "SHUTTING_DOWN")
      positions.whole = watch.last
      await rig.close()
    }
    let rig = try await WatchRig.open(in: directory)
    try await rig.record("last", of: "c1")
    var watch = try await rig.watch(after: positions.whole)
    var one = try await rig.watch(after: positions.ofOne, of: "c1")
    whole += try await watch.events(to: "last").map(\.sequence)
    ofOne += try await one.events(to: "last").map(\.sequence)
    var all = try await rig.watch(after: 1)
    var allOfOne = try await rig.watch(after: 1, of: "c1")
    #expect(whole == (try await all.events(to: "last").map(\.sequence)), "seed \(seed)")
    #expect(
      ofOne == (try await allOfOne.events(to: "last").dropFirst().map(\.sequence)),
      "seed \(seed)"
    )
    await rig.close()
  }

  @Test func slowReadersLoseNothing() async throws {
    let limits: @Sendable (inout Limits) -> Void = {
      $0.streamOutboundBytes = 16 << 10
      // Until they are read: the writes in between take long on a busy machine.
      $0.writeTimeoutMillis = 3_600_000
    }
    try await WatchRig.run(limits: limits) { rig in
      // Each watch has a connection of its own, which may stay full.
      let clients = [rig.transport.makeClient(), rig.transport.makeClient()]
      var slow = try await rig.watch(by: clients[0])
      var behind = try await rig.watch(after: 1, by: clients[1])
      let note = String(repeating: "x", count: 8000)
      var expected: [Int64] = []
      // This is more than the buffers of socket, client and server hold for one stream: 4 MB.
      for number in 0..<500 {
        expected.append(try await rig.record("e\(number)", note: note).sequence)
      }
      #expect(try await slow.events(500).map(\.sequence) == expected)
      #expect(try await behind.events(500).map(\.sequence) == expected)
      // Afterwards they are as fast as others.
      let next = try await rig.record("next")
      #expect(try await slow.nextEvent().event == next)
      #expect(try await behind.nextEvent().event == next)
      for client in clients { await client.close(grace: .zero) }
    }
  }
}
