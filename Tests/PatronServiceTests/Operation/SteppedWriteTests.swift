import PatronStore
import SQLite
import Synchronization
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
      let write = SteppedWrite(shop.store.writer, .test(), .system, replyingTo: self) {
        delay,
        work in
        self.delays.withLock { $0.append(delay) }
        Task { work() }
      }
      try write.begin(WriteLoad(requestBytes: 0), token: ReplyToken(group: 0, item: 0)) {
        try $0.transaction.run(Query("INSERT INTO sequences VALUES ('first', 1)"))
        return ([7], .more { try self.step($0) })
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
      #expect(try answer?.get() == [7])
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
}
