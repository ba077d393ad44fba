import PatronProto
import PatronStore
import ProtobufC
import Synchronization
import TTRPC
import TTRPCNIO
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the work of cancelled calls, and of requests that are refused before a snapshot is
/// opened.
@Suite(.timeLimit(.minutes(15)))
struct AbandonedCallTests {
  @Test func aQueuedWriteOfACallerWhoCancelledIsNotDone() async throws {
    try await Shop.open(usesSocket: true) { shop in
      // The first call shows the client that the server understands CANCEL.
      try await shop.upsert { $0.email = "a@example.com" }
      let hold = WriterHold()
      defer { hold.open() }
      try await hold.take(shop)
      let cancelled = Task { try await shop.upsert { $0.email = "gone@example.com" } }
      await hold.waitUntilQueued(1, shop)
      let waiting = Task { try await shop.upsert { $0.email = "b@example.com" } }
      await hold.waitUntilQueued(2, shop)
      cancelled.cancel()
      _ = await cancelled.result
      // The call is on the same connection, so it comes after the CANCEL.
      _ = try await shop.customer(.email("a@example.com"))
      hold.open()
      #expect(try await waiting.value.outcome == .created)
      let left = try await failure { try await shop.customer(.email("gone@example.com")) }
      #expect(left.code == .notFound)
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["2"]])
    }
  }

  @Test func queuedWritesOfAClosedConnectionAreNotDone() async throws {
    try await Shop.open(usesSocket: true) { shop in
      try await shop.upsert { $0.email = "a@example.com" }
      let hold = WriterHold()
      defer { hold.open() }
      try await hold.take(shop)
      let calls = (0..<20).map { number in
        Task { try await shop.upsert { $0.email = "gone\(number)@example.com" } }
      }
      await hold.waitUntilQueued(20, shop)
      try await shop.client.connected().client.close(grace: .zero)
      for call in calls { _ = await call.result }
      // After a drain the server has no connections.
      try await shop.waitUntilUnconnected()
      hold.open()
      try await shop.write { _ in }
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["1"]])
    }
  }

  // MARK: - Snapshots

  private final class CountingLoop: ServerLoop {
    let executed = Mutex(0)

    func complete(_ completions: [Completion]) {}
    func execute(_ work: @escaping @Sendable () -> Void) { executed.withLock { $0 += 1 } }
    func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void) {}
  }

  /// A reader of the dispatcher requests the end of the tick when it opens a snapshot.
  @Test func aRequestIsDecodedAndCheckedBeforeASnapshotIsOpened() async throws {
    try await Shop.open { shop in
      let loop = CountingLoop()
      let dispatcher = try Router(
        .patron(),
        store: shop.store,
        watches: WatchHub(),
        loop: loop,
        clock: .system,
        log: LogCollector().log
      )
      func call(_ method: Method, _ payload: [UInt8]) throws -> UnaryOutcome {
        let index = try #require(dispatcher.methods.firstIndex(of: method))
        var response = ResponseBuffer()
        return dispatcher.unary(
          index,
          payload.span.bytes,
          ServerCall(
            target: ReplyTarget(connection: 1, stream: 1),
            deadline: nil,
            metadata: MetadataView(),
            peer: Peer(address: "test")
          ),
          &response
        )
      }
      let list = TimelineService.listOrders.method
      let refused: [(Method, [UInt8])] = [
        (CustomerService.getCustomer.method, [0xFF]),
        (CustomerService.getCustomer.method, []),
        (list, [0xFF]), (list, []),
        (list, try ListOrdersRequest.with { $0.pageSize = 101 }.encoded()),
        (
          CustomerService.listCustomers.method,
          try ListCustomersRequest.with { $0.pageSize = -1 }.encoded()
        ),
        (
          TimelineService.getTimeline.method,
          try GetTimelineRequest.with { $0.storeID = "No Store" }.encoded()
        ),
        (TimelineService.getOrder.method, []), (TimelineService.getEvent.method, []),
        (
          AdminService.listKeys.method,
          try ListKeysRequest.with { $0.pageSize = 1001 }.encoded()
        ),
        (
          AdminService.listStores.method,
          try ListStoresRequest.with { $0.pageSize = -1 }.encoded()
        ),
      ]
      for (method, payload) in refused {
        guard case .failed(let error) = try call(method, payload) else {
          Issue.record("\(method) was answered")
          continue
        }
        #expect(error.code == .invalidArgument)
        #expect(loop.executed.withLock { $0 } == 0, "\(method) opened a snapshot")
      }
      let good = try GetCustomerRequest.with { $0.customer = .with { $0.ref = .id(7) } }.encoded()
      _ = try call(CustomerService.getCustomer.method, good)
      #expect(loop.executed.withLock { $0 } == 1)
    }
  }
}
