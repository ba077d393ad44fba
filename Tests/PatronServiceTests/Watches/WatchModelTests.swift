import PatronStore
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import PatronServer

/// Tests that every watch gets exactly the events that it requests, in order, whatever the order of
/// commits, reads, full streams and ends is.
struct WatchModelTests {
  private struct Client {
    let stream: FakeStream
    let topic: WatchTopic
    let filter: UInt8
    let start: Int64
    var isCancelled = false
  }

  private struct Model {
    let bench: WatchBench
    let stores: [StoreID]
    var random: SeededRandom
    var clients: [Client] = []
    /// Commits that readers can see, and that the hub has not been notified of yet.
    var unannounced: [[FakeFeed.Row]] = []

    mutating func commit() {
      let events = (0...random.below(4)).map { _ in
        FakeEvent(
          store: stores[random.below(stores.count)],
          customerID: Int64(random.below(3)),
          tag: UInt8(1 + random.below(3))
        )
      }
      unannounced.append(bench.feed.add(events))
      if random.below(3) > 0 { announce() }
    }

    mutating func announce() {
      for rows in unannounced { bench.announce(rows) }
      unannounced = []
    }

    mutating func open() throws {
      let store = stores[random.below(stores.count)]
      let customerID: Int64? = random.coin() ? nil : Int64(random.below(3))
      let filter = UInt8(random.below(3))
      let last = bench.feed.last
      let after = random.coin() ? 0 : Int64(1 + random.below(Int(last)))
      let stream = try bench.open(
        store,
        of: customerID,
        filter: filter,
        after: after,
        room: random.coin() ? .max : 1 + random.below(6)
      )
      let topic = WatchTopic(store: store, customerID: customerID)
      clients.append(
        Client(stream: stream, topic: topic, filter: filter, start: after == 0 ? last : after)
      )
    }

    mutating func step() throws {
      switch random.below(20) {
      case 0: if clients.count < 60 { try open() }
      case 1...3: commit()
      case 4: announce()
      case 5...7:
        if !clients.isEmpty { clients[random.below(clients.count)].stream.take(random.below(8)) }
      case 8 where random.below(6) == 0 && !clients.isEmpty:
        let index = random.below(clients.count)
        clients[index].stream.cancel()
        clients[index].isCancelled = true
      default: bench.loop.runOne()
      }
    }

    /// Lets everything come to rest.
    mutating func finish() {
      announce()
      for client in clients { client.stream.take(.max) }
      bench.loop.runAll()
    }
  }

  @Test(arguments: SeededRandom.seeds(1, 2, 3, 4, .random(in: 5...UInt64(UInt32.max))))
  func everyWatchGetsItsEventsOnce(_ seed: UInt64) throws {
    let bench = try WatchBench {
      // Turns of one page, and pages that take several turns to send.
      $0.turnTime = .zero
      $0.turnMessages = 3
    }
    bench.feed.pageRows.withLock { $0 = 4 }
    let stores = [StoreID.default, try #require(StoreID("blue"))]
    var model = Model(bench: bench, stores: stores, random: SeededRandom(seed: seed))
    for round in 0..<4 {
      for _ in 0..<800 { try model.step() }
      model.finish()
      for (index, client) in model.clients.enumerated() {
        check(client, bench.feed.all, "seed \(seed), round \(round), watch \(index)")
      }
    }
    #expect(bench.hub.watchCount == model.clients.count { !$0.isCancelled })
    for client in model.clients { client.stream.cancel() }
    #expect(bench.hub.watchCount == 0)
  }

  private func check(_ client: Client, _ rows: [FakeFeed.Row], _ place: Comment) {
    let expected = rows.filter {
      $0.sequence > client.start && FakeSource.matches($0.event, client.topic, client.filter)
    }.map(\.sequence)
    if client.isCancelled {
      #expect(Array(expected.prefix(client.stream.events.count)) == client.stream.events, place)
    } else {
      #expect(client.stream.events == expected, place)
    }
    #expect(
      client.stream.messages.first == FakeStream.Message(isEvent: false, sequence: client.start)
    )
    #expect(!client.stream.isFinished, place)
  }
}
