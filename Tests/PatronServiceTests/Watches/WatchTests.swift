import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the messages of a watch.
@Suite(.timeLimit(.minutes(15)))
struct WatchTests {
  @Test func beginsWithTheNextEvent() async throws {
    try await WatchRig.run { rig in
      let before = try await rig.record("before")
      var watch = try await rig.watch()
      #expect(watch.start >= before.sequence)
      for number in 0..<100 {
        let recorded = try await rig.record("e\(number)", of: "c\(number % 3)")
        let seen = try await watch.nextEvent()
        #expect(seen.event == recorded)
        #expect(seen.sequence == recorded.sequence)
        #expect(seen.kind == .recorded)
      }
    }
  }

  @Test func aReplacedEventComesAgain() async throws {
    try await WatchRig.run { rig in
      var watch = try await rig.watch()
      let first = try await rig.record("e", title: "One")
      try await rig.record("e", title: "One")
      let second = try await rig.record("e", title: "Two")
      #expect(second.id == first.id && second.sequence > first.sequence)
      let last = try await rig.record("last")
      let seen = try await watch.events(to: "last")
      // The first may have been replaced before it was read.
      #expect(seen.suffix(2).map(\.sequence) == [second.sequence, last.sequence])
      #expect(seen.suffix(2).map(\.kind) == [.replaced, .recorded])
      var late = try await rig.watch(after: 1)
      let all = try await late.events(to: "last")
      #expect(all.map(\.sequence) == [second.sequence, last.sequence])
      #expect(all.first?.event?.title == "Two" && all.first?.event?.revision == 1)
    }
  }

  @Test func ordersBringTheirEvents() async throws {
    try await WatchRig.run { rig in
      var watch = try await rig.watch()
      let order = Order.of("o1", 1000) { $0.paymentStatus = .paid }
      let response = try await rig.timelines.syncOrder(
        .with {
          $0.customer = .with { $0.email = "a@example.com" }
          $0.order = order
        }
      )
      #expect(response.derivedEvents.count >= 2)
      let last = try await rig.record("last", of: "c9")
      let seen = try await watch.events(to: "last")
      let expected = response.derivedEvents.sorted { $0.sequence < $1.sequence } + [last]
      #expect(seen.filter { $0.event?.type != "profile_updated" }.compactMap(\.event) == expected)
    }
  }

  @Test func oneCustomerOnly() async throws {
    try await WatchRig.run { rig in
      try await rig.record("first", of: "c1")
      var watch = try await rig.watch(of: "c1")
      var expected: [String] = []
      for number in 0..<60 {
        let customer = "c\(number * 7 % 5)"
        try await rig.record("e\(number)", of: customer)
        if customer == "c1" { expected.append("e\(number)") }
      }
      try await rig.record("last", of: "c1")
      #expect(try await watch.events(to: "last").map { $0.event?.eventID } == expected + ["last"])
      // The start is far back, before more events of other customers than a page reads.
      var late = try await rig.watch(after: 1, of: "c1")
      let all = try await late.events(to: "last").map { $0.event?.eventID }
      #expect(all == ["first"] + expected + ["last"])
    }
  }

  @Test func aCustomerAmongManyEventsOfOthers() async throws {
    try await WatchRig.run { rig in
      let first = try await rig.record("first", of: "c1")
      // There are more events than two pages read.
      for batch in 0..<3 {
        let response = try await rig.timelines.batchRecordEvents(
          .with {
            $0.items = (0..<1000).map { number in
              .with {
                $0.customer = .with { $0.externalID = "other" }
                $0.customer?.email = "other@example.com"
                $0.event = .with {
                  $0.eventID = "o\(batch)-\(number)"
                  $0.source = .thirdParty
                  $0.sourceName = "app"
                  $0.type = "noise"
                  $0.occurredAt = .at(1_700_000_000)
                }
              }
            }
          }
        )
        #expect(response.results.allSatisfy { $0.error == nil })
      }
      let second = try await rig.record("second", of: "c1")
      var watch = try await rig.watch(after: 1, of: "c1")
      #expect(
        try await watch.events(2).map(\.sequence) == [first.sequence, second.sequence]
      )
      let third = try await rig.record("third", of: "c1")
      #expect(try await watch.nextEvent().event == third)
    }
  }

  @Test func storesNeverSeeEachOther() async throws {
    try await WatchRig.run { rig in
      var red = try await rig.watch(in: "red")
      var blue = try await rig.watch(after: 1, in: "blue")
      for number in 0..<20 {
        try await rig.record("e\(number)", in: number % 3 == 0 ? "red" : "blue", title: "\(number)")
      }
      try await rig.record("last", in: "red")
      try await rig.record("last", in: "blue")
      let reds = try await red.events(to: "last").dropLast().compactMap { $0.event?.title }
      let blues = try await blue.events(to: "last").dropLast().compactMap { $0.event?.title }
      #expect(reds == (0..<20).filter { $0 % 3 == 0 }.map { "\($0)" })
      #expect(blues == (0..<20).filter { $0 % 3 != 0 }.map { "\($0)" })
      // A customer of one store is unknown in another store.
      let error = try await failure { try await rig.watch(of: "c1", in: "green") }
      #expect(error.code == .notFound && error.reason == "CUSTOMER_NOT_FOUND")
    }
  }

  @Test func filters() async throws {
    try await WatchRig.run(settings: { $0.heartbeat = .milliseconds(100) }) { rig in
      func watched(_ filter: EventFilter) async throws -> [String] {
        var watch = try await rig.watch(after: 1, filter: filter)
        return try await watch.events(to: "last").compactMap { $0.event?.eventID }
      }
      for number in 0..<9 { try await rig.record("e\(number)", type: "t\(number % 3)") }
      try await rig.record("last", type: "end")
      #expect(try await watched(.with { $0.types = ["t1", "end"] }) == ["e1", "e4", "e7", "last"])
      #expect(
        try await watched(
          .with {
            $0.sources = [.thirdParty]
            $0.types = ["end"]
          }
        ) == ["last"]
      )
      #expect(try await watched(.with { $0.occurredFrom = .at(1_700_000_000) }).count == 10)
      #expect(try await watched(.with { $0.occurredBefore = .at(1_700_000_001) }).count == 10)
      // No event matches these filters, so only a heartbeat follows at the end.
      for filter in [
        EventFilter.with { $0.sources = [.ecommerce] },
        EventFilter.with { $0.occurredFrom = .at(1_700_000_001) },
        EventFilter.with { $0.occurredBefore = .at(1_700_000_000) },
      ] {
        var watch = try await rig.watch(after: 1, filter: filter)
        let next = try await watch.next()
        #expect(next?.event == nil && next?.sequence ?? 0 > 1)
      }
    }
  }
}
