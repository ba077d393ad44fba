import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronServer
@testable import PatronService

/// Tests of the events that the watches of a loop share.
struct WatchFeedTests {
  /// A reader of a store on the thread of one test, with its feed.
  private struct Reading {
    let reader: PointReader
    let feed: WatchFeed

    init(_ rig: WatchRig, maxBytes: Int = 4 << 20) throws {
      reader = try rig.store.makePointReader {}
      feed = WatchFeed(maxBytes: maxBytes)
      feed.begin(at: reader.commitCount)
    }

    /// Returns up to `count` events behind a sequence, and true if there are no more.
    func events(
      after sequence: Int64,
      _ count: Int = .max,
      in store: StoreID = .default
    ) throws -> (items: [WatchFeed.Item], isLast: Bool) {
      var items: [WatchFeed.Item] = []
      let isLast = try reader.read(budgetSteps: 10_000_000) { transaction in
        try feed.visit(after: sequence, StoreReader(transaction, store)) { item in
          guard items.count < count else { return false }
          items.append(item)
          return true
        }
      }
      return (items, isLast)
    }
  }

  private static func same(_ first: [WatchFeed.Item], _ second: some Sequence<WatchFeed.Item>)
    -> Bool
  {
    let second = Array(second)
    return first.count == second.count && zip(first, second).allSatisfy { $0 === $1 }
  }

  @Test func eventsAreReadOnceUntilTheNextCommit() async throws {
    try await WatchRig.run { rig in
      for number in 0..<20 { try await rig.record("e\(number)", of: "c\(number % 3)") }
      try await rig.record("other", in: "blue")
      try Self.readInParts(rig)
    }
  }

  private static func readInParts(_ rig: WatchRig) throws {
    let reading = try Reading(rig)
    defer { reading.reader.endTick() }
    // The first reader stops early; the next goes on behind the same events.
    let first = try reading.events(after: 0, 5)
    #expect(first.items.count == 5 && !first.isLast)
    let all = try reading.events(after: 0)
    #expect(all.isLast && all.items.count == 23, "20 events, and those of 3 new customers")
    #expect(same(first.items, all.items.prefix(5)))
    let sequences = all.items.map(\.place.sequence)
    #expect(sequences == sequences.sorted() && Set(sequences).count == 23)
    for (index, sequence) in sequences.enumerated() {
      let rest = try reading.events(after: sequence)
      #expect(rest.isLast && same(rest.items, all.items.dropFirst(index + 1)))
    }
    #expect(try reading.events(after: sequences[22] + 1).items.isEmpty)
    let blue = try #require(StoreID("blue"))
    #expect(try reading.events(after: 0, in: blue).items.count == 2)
    // The same commit keeps the events, another forgets them.
    reading.feed.begin(at: reading.reader.commitCount)
    #expect(same(try reading.events(after: 0).items, all.items))
    reading.feed.begin(at: reading.reader.commitCount + 1)
    let again = try reading.events(after: 0).items
    #expect(again.map(\.place) == all.items.map(\.place))
    #expect(!zip(again, all.items).contains { $0 === $1 })
  }

  @Test func pagesFollowEachOtherWithoutAGap() async throws {
    try await WatchRig.run { rig in
      for batch in 0..<3 { try await rig.recordMany(1000, batch) }
      // The smaller feed forgets its events before each read.
      for maxBytes in [4 << 20, 100_000] { try Self.readPages(rig, maxBytes) }
    }
  }

  private static func readPages(_ rig: WatchRig, _ maxBytes: Int) throws {
    let reading = try Reading(rig, maxBytes: maxBytes)
    defer { reading.reader.endTick() }
    var position: Int64 = 0
    var places: [FeedPlace] = []
    var reads = 0
    while true {
      reading.feed.begin(at: reading.reader.commitCount)
      let page = try reading.events(after: position, 700)
      places += page.items.map(\.place)
      position = places.last?.sequence ?? 0
      reads += 1
      if page.isLast { break }
    }
    #expect(places.count == 3001 && Set(places.map(\.id)).count == 3001)
    #expect(zip(places, places.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
    #expect(reads >= 5)
  }
}

extension WatchRig {
  /// Records events of one customer in one batch.
  func recordMany(_ count: Int, _ batch: Int, of customer: String = "c1") async throws {
    let response = try await timelines.batchRecordEvents(
      .with {
        $0.items = (0..<count).map { number in
          .with {
            $0.customer = .with {
              $0.externalID = customer
              $0.email = "\(customer)@example.com"
            }
            $0.event = .with {
              $0.eventID = "b\(batch)-\(number)"
              $0.source = .thirdParty
              $0.sourceName = "app"
              $0.type = "ping"
              $0.occurredAt = .at(1_700_000_000)
            }
          }
        }
      }
    )
    #expect(response.results.allSatisfy { $0.error == nil })
  }
}
