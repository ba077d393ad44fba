import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TTRPCNIO
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the first positions of watches, of their cost, and of their end.
@Suite(.timeLimit(.minutes(15)))
struct WatchLimitTests {
  private func refusal(_ rig: WatchRig, after sequence: Int64) async throws -> RPCError {
    try await failure("after \(sequence)") { try await rig.watch(after: sequence) }
  }

  @Test func sequencesThatCannotBe() async throws {
    try await WatchRig.run { rig in
      let negative = try await violations { try await rig.watch(after: -1) }
      #expect(negative == [Broken("after_sequence", "SEQUENCE_NEGATIVE")])
      // Position 1 is the beginning, also of an empty store.
      var first = try await rig.watch(after: 1)
      let last = try await rig.record("e")
      #expect(try await first.nextEvent().event == last)
      let error = try await refusal(rig, after: last.sequence + 1)
      #expect(error.code == .outOfRange && error.reason == "SEQUENCE_UNKNOWN")
      #expect(error.metadata["newest_sequence"] == "\(last.sequence)")
      var watch = try await rig.watch(after: last.sequence)
      let next = try await rig.record("f")
      #expect(try await watch.nextEvent().event == next)
    }
  }

  @Test func aWatchOfAStoreWithoutRecordsCanBeContinued() async throws {
    try await WatchRig.run { rig in
      try await rig.record("elsewhere", in: "other")
      let first = try await rig.watch()
      #expect(first.start == 1, "0 would begin with the next event")
      first.cancel()
      let missed = try await rig.record("e")
      var next = try await rig.watch(after: first.start)
      #expect(try await next.nextEvent().event == missed)
    }
  }

  @Test func aBoundedHistory() async throws {
    // The event of the new customer's creation counts too.
    try await WatchRig.run(settings: { $0.history = 4 }) { rig in
      var sequences: [Int64] = []
      for number in 0..<3 { sequences.append(try await rig.record("e\(number)").sequence) }
      var all = try await rig.watch(after: 1)
      #expect(try await all.events(3).map(\.sequence) == sequences)
      // Events of other stores do not displace those of this store.
      for number in 0..<5 { try await rig.record("o\(number)", in: "other") }
      var still = try await rig.watch(after: 1)
      #expect(try await still.events(3).map(\.sequence) == sequences)
      for id in ["e3", "e4"] { sequences.append(try await rig.record(id).sequence) }
      let error = try await refusal(rig, after: sequences[0] - 1)
      #expect(error.reason == "SEQUENCE_TOO_OLD")
      #expect(error.metadata["oldest_sequence"] == "\(sequences[0])")
      var watch = try await rig.watch(after: sequences[0])
      #expect(try await watch.events(4).map(\.sequence) == Array(sequences[1...]))
    }
  }

  @Test func aLongHistoryIsCountedInSteps() async throws {
    // A step counts 4,096 events at most.
    try await WatchRig.run(settings: { $0.history = 9000 }) { rig in
      var all = try await rig.watch()
      var sequences: [Int64] = []
      for batch in 0..<9 {
        try await rig.recordMany(1000, batch)
        sequences += try await all.events(1000).map(\.sequence)
      }
      let last = try await rig.record("last").sequence
      let error = try await refusal(rig, after: sequences[0] - 1)
      #expect(error.reason == "SEQUENCE_TOO_OLD")
      #expect(error.metadata["oldest_sequence"] == "\(sequences[0])")
      let first = sequences[0]
      try await withThrowingTaskGroup(of: Int64.self) { group in
        for _ in 0..<3 {
          group.addTask {
            var watch = try await rig.watch(after: first)
            return try await watch.events(9000).last?.sequence ?? 0
          }
        }
        for try await sequence in group { #expect(sequence == last) }
      }
      let few = try await rig.record("few", in: "blue")
      var watch = try await rig.watch(after: 1, in: "blue")
      #expect(try await watch.nextEvent().event == few, "a store with fewer events")
    }
  }

  @Test func aBoundedNumberOfWatches() async throws {
    try await WatchRig.run(settings: { $0.maxWatches = 3 }) { rig in
      try await rig.record("0", of: "c1")
      let open = [
        try await rig.watch(), try await rig.watch(of: "c1"), try await rig.watch(in: "b"),
      ]
      let error = try await failure { try await rig.watch() }
      #expect(error.code == .resourceExhausted && error.reason == "TOO_MANY_WATCHES")
      #expect(error.message.contains("--max-watches") && error.retryDelay == .seconds(1))
      // A watch that is refused for another reason takes no place, and one that ended gives it back.
      _ = try await refusal(rig, after: 1 << 40)
      open[0].cancel()
      for _ in 0..<12_000 where rig.watches.watchCount > 2 {
        try await Task.sleep(for: .milliseconds(5))
      }
      var last = try await rig.watch()
      let event = try await rig.record("1", of: "c1")
      #expect(try await last.nextEvent().event == event)
    }
  }

  @Test func onlyThoseConcernedAreWoken() async throws {
    try await WatchRig.run { rig in
      try await rig.record("1", of: "c1")
      try await rig.record("2", of: "c2")
      try await rig.record("0", in: "other")
      var idle: [Watching] = []
      for _ in 0..<20 {
        idle.append(try await rig.watch(in: "other"))
        idle.append(try await rig.watch(of: "c2"))
      }
      #expect(rig.watches.watchCount == 40)
      let before = rig.watches.wakeUpCount
      for number in 0..<50 { try await rig.record("e\(number)", of: "c1") }
      #expect(rig.watches.wakeUpCount == before, "nobody watches c1 or its whole store")
      var watch = try await rig.watch(of: "c1")
      for number in 0..<50 {
        let event = try await rig.record("f\(number)", of: "c1")
        #expect(try await watch.nextEvent().event == event)
      }
      #expect(rig.watches.wakeUpCount == before + 50)
      for watch in idle { watch.cancel() }
      watch.cancel()
      for _ in 0..<12_000 where rig.watches.watchCount > 0 {
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(rig.watches.watchCount == 0, "watches that clients gave up are forgotten")
    }
  }

  @Test func heartbeatsTellHowFarAClientIs() async throws {
    try await WatchRig.run(settings: { $0.heartbeat = .milliseconds(100) }) { rig in
      try await rig.record("0", of: "c1")
      var whole = try await rig.watch()
      var one = try await rig.watch(of: "c1")
      let other = try await rig.record("1", of: "c2")
      #expect(try await whole.nextEvent().event == other)
      // Events of other customers count as seen, so that a client that returns has less to skip.
      var beats = 0
      while one.last < other.sequence, beats < 6_000 {
        #expect(try await one.next()?.event == nil)
        beats += 1
      }
      #expect(one.last == other.sequence)
      #expect(try await whole.next() == .with { $0.sequence = other.sequence })
      let mine = try await rig.record("2", of: "c1")
      var resumed = try await rig.watch(after: one.last, of: "c1")
      #expect(try await resumed.nextEvent().event == mine)
      #expect(try await one.nextEvent().event == mine)
    }
  }

  @Test func aDrainDoesNotWaitForWatches() async throws {
    let directory = TemporaryDirectory()
    let rig = try await WatchRig.open(in: directory)
    try await rig.record("0")
    var watches: [Watching] = []
    for number in 0..<10 { watches.append(try await rig.watch(of: number % 2 == 0 ? "c1" : nil)) }
    rig.watches.end()
    for index in watches.indices {
      let error = try await failure { while try await watches[index].next() != nil {} }
      #expect(error.code == .unavailable && error.reason == "SHUTTING_DOWN")
    }
    let late = try await failure { try await rig.watch() }
    #expect(late.code == .unavailable && late.reason == "SHUTTING_DOWN")
    #expect(rig.watches.watchCount == 0)
    async let closing: Void = rig.client.close()
    #expect(await rig.transport.server.drain(grace: .seconds(120)))
    await closing
    await rig.close()
  }

  @Test func aFilterOrReferenceThatIsWrong() async throws {
    try await WatchRig.run { rig in
      let missing = try await violations {
        _ = try await rig.timelines.watchTimeline(.with { $0.customer = CustomerRef() })
          .makeAsyncIterator().take()
      }
      #expect(missing == [Broken("customer", "REF_MISSING")])
      let types = try await violations {
        try await rig.watch(filter: .with { $0.types = (0...50).map { "t\($0)" } })
      }
      #expect(types == [Broken("filter.types", "LIST_TOO_LONG")])
      let store = try await violations { try await rig.watch(in: "Not A Store") }
      #expect(store == [Broken("store_id", "STORE_ID_MALFORMED")])
    }
  }
}

extension MessageStream<WatchTimelineResponse>.AsyncIterator {
  fileprivate func take() async throws -> WatchTimelineResponse? {
    var copy = self
    return try await copy.next()
  }
}
