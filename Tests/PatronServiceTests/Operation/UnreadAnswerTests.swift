import PatronProto
import PatronStore
import ProtobufC
import Synchronization
import TTRPC
import Testing

@testable import PatronServer
@testable import PatronService

/// Tests of calls whose connection, or whose server, holds too many answers that nobody reads.
@Suite(.timeLimit(.minutes(15)))
struct UnreadAnswerTests {
  private final class CollectingLoop: ServerLoop {
    let answers = Mutex<[UInt32: Result<[UInt8], RPCError>]>([:])

    func complete(_ completions: [Completion]) {
      answers.withLock { answers in
        for completion in completions { answers[completion.target.stream] = completion.result }
      }
    }

    func execute(_ work: @escaping @Sendable () -> Void) {}
    func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void) {}
  }

  /// Makes an account in which `unread` bytes wait, of a limit of 1,000; 5,000 in the total.
  private static func account(unread: Int, elsewhere: Int = 0) -> (AnswerAccount, AnswerTotal) {
    var limits = Limits()
    limits.outboundBytes = 1000
    limits.totalOutboundBytes = 5000
    let total = AnswerTotal(limits)
    let account = total.makeAccount(limits)
    account.add(unread)
    total.add(elsewhere)
    return (account, total)
  }

  @Test func aWriteWhoseAnswerHasNoRoomIsNotRun() async throws {
    try await Shop.open { shop in
      let loop = CollectingLoop()
      let (full, _) = Self.account(unread: 1001)
      let (free, freeTotal) = Self.account(unread: 1000)
      let (crowded, _) = Self.account(unread: 0, elsewhere: 5001)
      try Self.upsert([full, free, crowded], shop, loop)
      for _ in 0..<10_000 where loop.answers.withLock({ $0.count }) < 3 {
        try await Task.sleep(for: .milliseconds(1))
      }
      let answers = loop.answers.withLock { $0 }
      #expect(Self.reason(answers[1]) == "ANSWERS_UNREAD")
      #expect(throws: Never.self) { _ = try answers[3]?.get() }
      #expect(Self.reason(answers[5]) == "SERVER_MEMORY")
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["1"]])
      // The answer is the loop's now; the writer lets go of it after it has handed it over.
      try await shop.write { _ in }
      for _ in 0..<10_000 where freeTotal.untaken > 1000 {
        try await Task.sleep(for: .milliseconds(1))
      }
      #expect(freeTotal.untaken == 1000)
    }
  }

  /// Dispatches one write for each account, on one thread, as streams 1, 3, 5.
  private static func upsert(
    _ accounts: [AnswerAccount],
    _ shop: Shop,
    _ loop: CollectingLoop
  ) throws {
    let router = try Router(
      .patron(),
      store: shop.store,
      watches: WatchHub(),
      loop: loop,
      clock: .system,
      log: LogCollector().log
    )
    let method = try #require(
      router.methods.firstIndex(of: CustomerService.upsertCustomer.method)
    )
    for (index, account) in accounts.enumerated() {
      let payload = try UpsertCustomerRequest.with {
        $0.customer = .with { $0.email = "c\(index)@example.com" }
      }.encoded()
      var response = ResponseBuffer()
      let outcome = router.unary(
        method,
        payload.span.bytes,
        ServerCall(
          target: ReplyTarget(connection: 1, stream: UInt32(index * 2 + 1)),
          deadline: nil,
          metadata: MetadataView(),
          peer: Peer(address: "test"),
          answers: account
        ),
        &response
      )
      guard case .pending = outcome else {
        Issue.record("the write was not queued: \(outcome)")
        return
      }
    }
  }

  private static func reason(_ answer: Result<[UInt8], RPCError>?) -> String? {
    guard case .failure(let error) = answer else { return nil }
    return error.details.compactMap { try? GoogleRPC.ErrorInfo(decoding: $0.value).reason }.first
  }
}
