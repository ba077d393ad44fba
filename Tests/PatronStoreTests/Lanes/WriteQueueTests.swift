import Testing

@testable import PatronStore

@Suite("Write queue")
struct WriteQueueTests {
  private final class Nobody: ReplySink {
    func deliver(_ replies: [Reply]) {}
  }

  private let nobody = Nobody()

  private func job(
    _ store: String,
    _ connection: UInt64 = 1,
    bytes: Int = 0,
    cost: Int = 1,
    following: Int = 0,
    isFurther: Bool = false
  ) -> WriteJob {
    WriteJob(
      deadline: nil,
      bytes: bytes,
      sink: nobody,
      token: ReplyToken(group: connection, item: 1),
      store: store,
      cost: cost,
      following: following,
      isFurther: isFurther,
      run: { _ in [] }
    )
  }

  private func queue(_ change: (inout StoreLimits) -> Void = { _ in }) -> WriteQueue {
    var limits = StoreLimits()
    change(&limits)
    return WriteQueue(limits)
  }

  /// Notes that jobs of this cost took a second.
  private func note(_ cost: Int, _ queue: WriteQueue) throws {
    try queue.submit(job("", cost: cost))
    _ = queue.take(atMost: 1)
    queue.noteBatch(cost: cost, run: .seconds(1), whole: .seconds(1))
  }

  /// The flag and the wait of a refusal; nil if the job is taken.
  private func refusal(_ job: WriteJob, _ queue: WriteQueue) -> (flag: String, wait: Duration)? {
    do {
      try queue.submit(job)
    } catch StoreError.queueFull(let wait, let flag) {
      return (flag, wait)
    } catch {
      Issue.record("\(error)")
    }
    return nil
  }

  @Test func storesAndConnectionsShareATransaction() throws {
    let queue = queue()
    for number in 0..<2000 { try queue.submit(job("large", UInt64(number % 4))) }
    try queue.submit(job("small", 9))
    let first = try #require(queue.takeTransaction())
    #expect(first.count == 512)
    #expect(first.filter { $0.store == "small" }.count == 1)
    for connection in 0..<4 {
      let share = first.filter { $0.store == "large" && $0.token.group == UInt64(connection) }
      #expect((127...128).contains(share.count), "511 divided by four, in turns of a quantum")
    }
    #expect(queue.count == 2001 - 512)
  }

  @Test func aTransactionIsBoundedByCost() throws {
    let queue = queue { $0.writeBatchCost = 512 }
    for _ in 0..<12 { try queue.submit(job("a", cost: 100)) }
    #expect(queue.takeTransaction()?.count == 5)
    #expect(queue.takeTransaction()?.count == 5)
    #expect(queue.takeTransaction()?.count == 2)
    try queue.submit(job("a", cost: 5000))
    #expect(queue.takeTransaction()?.count == 1, "a job that costs more than the bound is alone")
  }

  /// A write that comes while a transaction runs waits for all of it.
  @Test func transactionsAreShortWhileSeveralStoresWrite() throws {
    let queue = queue()
    try note(10_000, queue)
    for _ in 0..<1000 { try queue.submit(job("large")) }
    #expect(queue.takeTransaction()?.count == 512)
    for _ in 0..<20 { try queue.submit(job("medium")) }
    for _ in 0..<1000 { try queue.submit(job("large")) }
    #expect(queue.takeTransaction()?.count == 100, "10 ms at 10,000 in a second")
    #expect(queue.takeTransaction()?.count == 100, "the other store may come again")
    let slow = self.queue()
    try note(1, slow)
    for store in ["a", "b"] { for _ in 0..<100 { try slow.submit(job(store, isFurther: true)) } }
    #expect(slow.takeTransaction()?.count == 32, "commits must not take most of the time")
  }

  /// A write of a store with few ends the transaction that runs. The other jobs stay in the queue.
  @Test func aStoreWithFewWritesEndsTheTransactionOfALargeOne() throws {
    let queue = queue()
    for number in 0..<100 { try queue.submit(job("large", UInt64(number % 3))) }
    #expect(queue.take(atMost: 512)?.count == 8, "a portion")
    #expect(queue.takeMore(after: .seconds(1))?.count == 8, "nobody else waits")
    try queue.submit(job("small"))
    #expect(queue.takeMore(after: .seconds(1))?.map(\.store) == ["small"])
    #expect(queue.takeMore(after: .seconds(1)) == nil)
    // It does not end before its jobs have taken as long as a commit.
    try queue.submit(job("small"))
    let first = try #require(queue.take(atMost: 512))
    #expect(first.map(\.store) == ["small"] + Array(repeating: "large", count: 7))
    #expect(queue.takeMore(after: .zero)?.count == 8)
    #expect(queue.takeMore(after: .seconds(1)) == nil)
    #expect(queue.count == 100 - 8 - 8 - 7 - 8)
  }

  /// Stores with few writes share a transaction, and a lone store's is not cut.
  @Test func transactionsAreNotCutForNothing() throws {
    let queue = queue()
    for _ in 0..<100 { try queue.submit(job("large")) }
    for number in 0..<40 { try queue.submit(job("s\(number % 20)")) }
    let shared = try #require(queue.takeTransaction(after: .seconds(1)))
    #expect(shared.count == 40 && shared.allSatisfy { $0.store != "large" })
    let rest = try #require(queue.takeTransaction(after: .seconds(1)))
    #expect(rest.count == 100)
    for _ in 0..<8 { try queue.submit(job("large")) }
    #expect(queue.take(atMost: 512)?.count == 8)
    for _ in 0..<100 { try queue.submit(job("large")) }
    #expect(queue.takeMore(after: .zero) == nil, "jobs that come later have the next one")
  }

  @Test func aStoreWhoseBacklogTakesTooLongIsRefusedAndOthersAreNot() throws {
    let queue = queue { $0.writeQueueWait = .seconds(1) }
    try note(100, queue)
    for _ in 0..<70 { try queue.submit(job("large")) }
    // In the time of its own backlog each other store gets as much, and a turn more.
    let few = (0..<10).map { job("few\($0)") }
    for job in few { #expect(refusal(job, queue) == nil, "a store with nothing queued") }
    #expect(refusal(few[0], queue) == nil, "80 of 100 in a second")
    for _ in 0..<20 { _ = refusal(job("large"), queue) }
    let refused = try #require(refusal(job("large"), queue))
    #expect(refused.flag == "--max-write-wait-ms")
    #expect(refused.wait > .seconds(1) && refused.wait <= .milliseconds(1020))
    // More work of others does not make the wait of a store longer than its share.
    for _ in 0..<7000 { try queue.submit(job("large", isFurther: true)) }
    #expect(refusal(job("new"), queue) == nil)
    let far = try #require(refusal(job("large"), queue))
    #expect(far.wait == .seconds(5), "the longest wait that is recommended")
  }

  @Test func piecesThatFollowCountAsBacklogOfTheirStore() throws {
    let queue = queue { $0.writeQueueWait = .seconds(1) }
    try note(1000, queue)
    #expect(refusal(job("a", cost: 100, following: 900), queue) == nil)
    #expect(refusal(job("a", cost: 100, following: 900), queue) == nil, "exactly a second")
    #expect(refusal(job("a"), queue)?.flag == "--max-write-wait-ms")
    #expect(refusal(job("b"), queue) == nil)
    while queue.count > 0 { _ = queue.takeTransaction() }
    #expect(refusal(job("a", isFurther: true), queue) == nil)
    #expect(refusal(job("a"), queue) == nil, "nothing follows the pieces that were taken")
  }

  @Test func furtherJobsAreAlwaysTaken() throws {
    let queue = queue {
      $0.writeQueueCount = 4
      $0.writeQueueBytes = 100
    }
    for _ in 0..<4 { try queue.submit(job("a", bytes: 25)) }
    #expect(refusal(job("a"), queue)?.flag == "--max-queued-writes")
    for _ in 0..<10 { #expect(refusal(job("a", bytes: 50, isFurther: true), queue) == nil) }
    #expect(queue.count == 14)
    queue.close(.closing)
    #expect(throws: StoreError.closing) { try queue.submit(job("a", isFurther: true)) }
  }

  @Test func theLastPlacesAreForStoresWithFewWrites() throws {
    let queue = queue { $0.writeQueueCount = 80 }
    for _ in 0..<70 { try queue.submit(job("large")) }
    #expect(refusal(job("large"), queue)?.flag == "--max-queued-writes")
    for _ in 0..<8 { #expect(refusal(job("small"), queue) == nil) }
    #expect(refusal(job("small"), queue)?.flag == "--max-queued-writes")
    for number in 0..<2 { #expect(refusal(job("s\(number)"), queue) == nil) }
    let refused = try #require(refusal(job("new"), queue))
    #expect(refused.flag == "--max-queued-writes", "80 of 80")
    #expect(refused.wait == .milliseconds(10), "the shortest wait that is recommended")
  }

  @Test func theLastBytesAreForStoresWithFewWrites() throws {
    let queue = queue { $0.writeQueueBytes = 800 }
    for _ in 0..<10 { try queue.submit(job("large", bytes: 70)) }
    #expect(refusal(job("large", bytes: 1), queue)?.flag == "--max-queued-write-mib")
    #expect(refusal(job("small", bytes: 100), queue) == nil)
    #expect(refusal(job("small", bytes: 1), queue)?.flag == "--max-queued-write-mib")
    while queue.count > 0 { _ = queue.takeTransaction() }
    #expect(refusal(job("large", bytes: 8000), queue) == nil, "alone, whatever its size")
  }

  @Test func thePaceFollowsTheLatestTransactions() {
    var pace = WriterPace()
    #expect(pace.wait(for: 1000, transactionCost: 512) == .zero)
    #expect(pace.cost(inSeconds: 1) == nil)
    // Small transactions on a slow disk: the time of a commit is not that of the jobs.
    for _ in 0..<100 { pace.note(cost: 2, run: .microseconds(100), whole: .microseconds(30_100)) }
    let many = pace.wait(for: 512, transactionCost: 512)
    #expect(many > .milliseconds(80) && many < .milliseconds(90))
    #expect(pace.cost(inSeconds: 0.010).map { (195...205).contains($0) } == true)
    for _ in 0..<60 { pace.note(cost: 100, run: .milliseconds(1), whole: .milliseconds(2)) }
    #expect(pace.cost(inSeconds: 0.010).map { (990...1010).contains($0) } == true)
    let later = pace.wait(for: 1000, transactionCost: 512)
    #expect(later > .milliseconds(11) && later < .milliseconds(14))
  }

  @Test func aCheckpointHardlyMovesTheUsualTimeOfACommit() {
    var pace = WriterPace()
    for _ in 0..<40 { pace.note(cost: 1, run: .zero, whole: .milliseconds(4)) }
    #expect(!pace.isWorthCommit(.milliseconds(3)) && pace.isWorthCommit(.milliseconds(5)))
    pace.note(cost: 1, run: .zero, whole: .seconds(1))
    #expect(pace.isWorthCommit(.milliseconds(5)))
    for _ in 0..<40 { pace.note(cost: 1, run: .zero, whole: .zero) }
    #expect(!pace.isWorthCommit(.microseconds(900)), "the least time that a commit counts as")
    #expect(pace.isWorthCommit(.milliseconds(2)))
  }

  /// Writes in preparation count, and leave the last part to stores with few writes.
  @Test func memoryOfWritesInPreparationCounts() throws {
    let queue = queue { $0.writeQueueBytes = 800 }
    var first: WriteReservation? = try WriteReservation(2000, for: "a", in: queue)
    #expect(throws: StoreError.self) { _ = try WriteReservation(1, for: "b", in: queue) }
    withExtendedLifetime(first) {}
    first = nil
    var second: WriteReservation? = try WriteReservation(400, for: "a", in: queue)
    let third = try WriteReservation(300, for: "b", in: queue)
    #expect(throws: StoreError.self) { _ = try WriteReservation(1, for: "b", in: queue) }
    #expect(refusal(job("a", bytes: 60), queue) == nil)
    #expect(refusal(job("c", bytes: 40), queue) == nil)
    #expect(refusal(job("c", bytes: 1), queue)?.flag == StoreLimits.writeQueueBytesFlag)
    withExtendedLifetime(second) {}
    second = nil
    #expect(refusal(job("c", bytes: 400), queue) == nil)
    #expect(refusal(job("c", bytes: 1), queue)?.flag == StoreLimits.writeQueueBytesFlag)
    withExtendedLifetime(third) {}
    queue.close(.closing)
    #expect(throws: StoreError.closing) { _ = try WriteReservation(1, for: "b", in: queue) }
  }
}

extension WriteQueue {
  /// Takes the jobs of a transaction whose jobs have run for `run` when the next are taken.
  fileprivate func takeTransaction(after run: Duration = .zero) -> [WriteJob]? {
    guard var jobs = take(atMost: 512) else { return nil }
    while let more = takeMore(after: run) { jobs += more }
    return jobs
  }
}
