import PatronStore
import SQLite
import Synchronization
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of writes that take more than one transaction.
@Suite(.timeLimit(.minutes(15)))
struct SteppedWriteTests {
  /// The steps of a write, with their replies.
  private final class Steps: ReplySink {
    let replies = AsyncStream<Result<[UInt8], any Error>>.makeStream()
    let delays = Mutex<[Duration]>([])
    private let failures: Mutex<[StoreError]>

    init(_ failures: [StoreError]) { self.failures = Mutex(failures) }

    func deliver(_ replies: [Reply]) {
      for reply in replies { self.replies.continuation.yield(reply.result) }
    }

    /// Runs a step that writes, and fails as long as failures remain.
    @Sendable func step(_ context: WriteContext) throws -> WriteStep {
      try context.transaction.run(Query("INSERT INTO sequences VALUES ('second', 2)"))
      if let failure = failures.withLock({ $0.popLast() }) { throw failure }
      return .done
    }

    /// Runs a write of two steps and returns its one reply.
    func run(in shop: Shop) async throws -> Result<[UInt8], any Error>? {
      let write = SteppedWrite(
        shop.store.writer,
        .test(),
        .system,
        maxAnswerBytes: 100,
        replyingTo: self
      ) { delay, work in
        self.delays.withLock { $0.append(delay) }
        Task { work() }
      }
      try write.begin(WriteLoad(requestBytes: 0), token: ReplyToken(group: 0, item: 0)) {
        context,
        response in
        try context.transaction.run(Query("INSERT INTO sequences VALUES ('first', 1)"))
        response.append([7])
        return .more { context, response in
          response.append([8])
          return try self.step(context)
        }
      }
      var answers = replies.stream.makeAsyncIterator()
      return await answers.next()
    }
  }

  private func written(_ shop: Shop) throws -> [[String]] {
    try shop.rows(
      "SELECT name FROM sequences WHERE name IN ('first', 'second') ORDER BY name",
      columns: 1
    )
  }

  @Test func whatWasBegunIsTriedAgain() async throws {
    try await Shop.open { shop in
      let steps = Steps([
        .diskFull, .busy, .logFull(retryAfter: .seconds(5)), .queueFull(retryAfter: .zero),
      ])
      let answer = try await steps.run(in: shop)
      #expect(try answer?.get() == [7, 8])
      #expect(
        steps.delays.withLock { $0 } == [.zero, .seconds(1), .seconds(1), .seconds(1)]
      )
      #expect(try written(shop) == [["first"], ["second"]])
    }
  }

  @Test(arguments: [StoreError.closing, .failStop, .corrupt("a row")])
  func whatDoesNotPassIsTold(_ failure: StoreError) async throws {
    try await Shop.open { shop in
      let steps = Steps([failure])
      let answer = try await steps.run(in: shop)
      #expect(throws: failure) { try answer?.get() }
      #expect(steps.delays.withLock { $0 }.isEmpty)
      #expect(try written(shop) == [["first"]])
    }
  }

  // MARK: - Batches

  /// Runs a batch of two pieces: the first appends 60 bytes and runs `between`, the second appends
  /// `second` bytes. Returns its one reply.
  private func pieces(
    in shop: Shop,
    _ call: CallContext = .test(),
    second: Int = 7,
    _ between: @escaping @Sendable (ReplyToken) -> Void = { _ in },
    beforeSecond: @escaping @Sendable () -> Void = {}
  ) async throws -> Result<[UInt8], any Error>? {
    let sink = Steps([])
    let write = SteppedWrite(
      shop.store.writer,
      call,
      .system,
      maxAnswerBytes: 100,
      replyingTo: sink
    ) { _, _ in Issue.record("a piece of a batch is not tried again") }
    let token = ReplyToken(group: 1, item: 1)
    let load = WriteLoad(items: 107, requestBytes: 0)
    try write.begin(load, token: token, maxItems: 100) { context, response in
      #expect(context.maxItems == 100)
      try context.transaction.run(Query("INSERT INTO sequences VALUES ('first', 1)"))
      response.append([UInt8](repeating: 1, count: 60))
      between(token)
      let rest = WriteRest(done: 100, left: 7) { context, response in
        beforeSecond()
        try context.transaction.run(Query("INSERT INTO sequences VALUES ('second', 2)"))
        response.append([UInt8](repeating: 2, count: second))
        return .done
      }
      return .rest(rest)
    }
    var answers = sink.replies.stream.makeAsyncIterator()
    return await answers.next()
  }

  private func expectHalf(_ answer: Result<[UInt8], any Error>?, _ shop: Shop) throws -> RPCError {
    #expect(try written(shop) == [["first"]])
    guard case .failure(let error as RPCError) = answer else {
      Issue.record("\(String(describing: answer))")
      return .internalError
    }
    #expect(error.message.contains(" The first 100 items of the batch were stored"))
    return error
  }

  @Test func theAnswerHasThePartsOfAllPieces() async throws {
    try await Shop.open { shop in
      let answer = try await pieces(in: shop)
      let expected = [UInt8](repeating: 1, count: 60) + [UInt8](repeating: 2, count: 7)
      #expect(try answer?.get() == expected)
      #expect(try written(shop) == [["first"], ["second"]])
    }
  }

  /// The parts are in memory until the last piece, so all count. They do not refuse their own call.
  @Test func theAccountHasThePartsOfAllPieces() async throws {
    try await Shop.open { shop in
      var limits = Limits()
      limits.outboundBytes = 50
      let account = AnswerTotal(limits).makeAccount(limits)
      let answer = try await pieces(in: shop, .test(answers: account)) { _ in
        #expect(account.untaken == 0)
      } beforeSecond: {
        #expect(account.untaken == 60)
      }
      #expect(try answer?.get().count == 67)
      #expect(try written(shop) == [["first"], ["second"]])
    }
  }

  /// A refusal would say that the call was not run.
  @Test func aLaterPieceIsNotRefusedForLackOfRoom() async throws {
    try await Shop.open { shop in
      var limits = Limits()
      limits.outboundBytes = 50
      let account = AnswerTotal(limits).makeAccount(limits)
      let answer = try await pieces(in: shop, .test(answers: account)) { _ in account.add(51) }
      #expect(try answer?.get().count == 67)
      #expect(try written(shop) == [["first"], ["second"]])
    }
  }

  @Test func writesOfOthersPassBetweenThePieces() async throws {
    try await Shop.open { shop in
      let others = Steps([])
      let writer = shop.store.writer
      let answer = try await pieces(in: shop) { _ in
        let other = WriteJob(
          deadline: nil,
          bytes: 0,
          sink: others,
          token: ReplyToken(group: 2, item: 1),
          store: "other"
        ) { transaction in
          // The rest of the batch has not run yet.
          try transaction.run(Query("DELETE FROM sequences WHERE name = 'second'"))
          return []
        }
        #expect(throws: Never.self) { try writer.submit(other) }
      }
      #expect(try answer?.get().count == 67)
      #expect(try written(shop) == [["first"], ["second"]])
    }
  }

  @Test func aBatchEndsWithItsCaller() async throws {
    try await Shop.open { shop in
      let writer = shop.store.writer
      let cancelled = try await pieces(in: shop) { writer.abandon($0) }
      #expect(try expectHalf(cancelled, shop).code == .cancelled)
    }
  }

  @Test func aBatchEndsAtItsDeadline() async throws {
    try await Shop.open { shop in
      let deadline = ContinuousClock.now + .seconds(2)
      let test = CallContext.test()
      let call = CallContext(
        store: test.store,
        peer: test.peer,
        deadline: deadline,
        id: test.id,
        now: test.now,
        errors: test.errors
      )
      let late = try await pieces(in: shop, call) { _ in
        while ContinuousClock.now <= deadline {}
      }
      #expect(try expectHalf(late, shop).code == .deadlineExceeded)
    }
  }

  @Test func aPieceWhoseAnswerDoesNotFitIsTakenBack() async throws {
    try await Shop.open { shop in
      let large = try await pieces(in: shop, second: 41)
      #expect(try expectHalf(large, shop).reason == "ANSWER_TOO_LARGE")
    }
  }
}
