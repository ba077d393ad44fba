import PatronProto
import PatronStore
import ProtobufC
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of batches whose items are checked in turns.
@Suite(.timeLimit(.minutes(15)))
struct BatchCheckTests {
  /// A loop whose rounds run when the test says so.
  private final class RoundLoop: ServerLoop {
    let answers = Mutex<[UInt32: Result<[UInt8], RPCError>]>([:])
    private let rounds = Mutex<[@Sendable () -> Void]>([])

    func complete(_ completions: [Completion]) {
      answers.withLock { answers in
        for completion in completions { answers[completion.target.stream] = completion.result }
      }
    }

    func execute(_ work: @escaping @Sendable () -> Void) {}
    func execute(after delay: Duration, _ work: @escaping @Sendable () -> Void) {}

    func executeAfterSockets(_ work: @escaping @Sendable () -> Void) {
      rounds.withLock { $0.append(work) }
    }

    /// Runs rounds until none is planned, or `most`. Returns their number.
    @discardableResult func run(_ most: Int = .max) -> Int {
      var count = 0
      while count < most, let round = rounds.withLock({ $0.popLast() }) {
        round()
        count += 1
      }
      return count
    }

    /// Waits for the answer to a call.
    func answer(_ stream: UInt32) async throws -> [UInt8] {
      for _ in 0..<60_000 {
        if let answer = answers.withLock({ $0[stream] }) { return try answer.get() }
        try await Task.sleep(for: .milliseconds(1))
      }
      throw RPCError.internalError
    }
  }

  // MARK: - Turns

  private final class Refusals: ReplySink {
    let replies = Mutex<[Reply]>([])

    func deliver(_ replies: [Reply]) { self.replies.withLock { $0 += replies } }
  }

  /// Preparations whose checks are noted in a journal.
  private final class Bench {
    let loop = RoundLoop()
    let refusals = Refusals()
    let preparations: Preparations
    private let handle: LoopHandle
    private var journal = ""

    init(roundTime: Duration = .zero) {
      handle = LoopHandle(loop)
      preparations = Preparations(handle, refusals, roundTime: roundTime)
      handle.preparations = preparations
    }

    func add(
      _ name: String,
      _ connection: UInt64,
      _ item: UInt64,
      turns: Int,
      failure: StoreError? = nil
    ) {
      var left = turns
      preparations.add(
        Preparation(ReplyToken(group: connection, item: item), .test(), nil) { [unowned self] _ in
          journal += name
          left -= 1
          return left == 0
        } submit: { [unowned self] in
          journal += "!"
          if let failure { throw failure }
        }
      )
    }

    /// Runs rounds and returns what they did: the turns of batches, and `!` after the last of each.
    func run(_ most: Int = .max) -> String {
      loop.run(most)
      defer { journal = "" }
      return journal
    }
  }

  @Test func connectionsTakeTurnsWithOneBatchEach() {
    for roundTime in [Duration.zero, .seconds(3600)] {
      let bench = Bench(roundTime: roundTime)
      bench.add("a", 1, 1, turns: 3)
      bench.add("b", 1, 3, turns: 1)
      bench.add("c", 2, 1, turns: 2)
      #expect(bench.run() == "acac!a!b!")
      #expect(bench.loop.run() == 0)
    }
    let bench = Bench()
    bench.add("a", 1, 1, turns: 4)
    #expect(bench.loop.run() == 4, "a round without time has one turn")
  }

  @Test func anAbandonedBatchLeavesItsTurnsToOthers() {
    let bench = Bench()
    let preparations = bench.preparations
    bench.add("a", 1, 1, turns: 3)
    bench.add("b", 1, 3, turns: 1)
    bench.add("c", 2, 1, turns: 2)
    #expect(bench.run(1) == "a")
    preparations.abandon(ReplyToken(group: 1, item: 1))
    preparations.abandon(ReplyToken(group: 1, item: 5))
    preparations.abandon(ReplyToken(group: 3, item: 1))
    #expect(bench.run() == "cb!c!")
    bench.add("d", 1, 7, turns: 2)
    #expect(bench.run(1) == "d" && preparations.hasBatches(of: 1))
    preparations.abandon(ReplyToken(group: 1, item: 7))
    #expect(!preparations.hasBatches(of: 1))
    bench.add("e", 1, 9, turns: 2)
    bench.add("f", 2, 3, turns: 1)
    #expect(bench.run() == "ef!e!", "the connection waits for its turn once")
    // A caller who is gone hears nothing of it; one whose key was revoked does.
    let replies = bench.refusals.replies.withLock { $0 }
    #expect(replies.map(\.token.item) == [1, 7])
    for reply in replies {
      #expect(throws: StoreError.cancelled) { try reply.result.get() }
    }
  }

  @Test func aBatchThatTheWriterRefusesIsAnswered() throws {
    let bench = Bench()
    bench.add("a", 1, 1, turns: 1, failure: .queueFull(retryAfter: .milliseconds(20)))
    bench.add("b", 1, 3, turns: 1)
    #expect(bench.run() == "a!b!")
    let replies = bench.refusals.replies.withLock { $0 }
    #expect(replies.map(\.token) == [ReplyToken(group: 1, item: 1)])
    guard case .failure(let error as RPCError)? = replies.first?.result else {
      Issue.record("no error")
      return
    }
    #expect(error.code == .resourceExhausted && error.reason == "QUEUE_FULL")
  }

  // MARK: - Calls

  private static func router(_ shop: Shop, _ loop: RoundLoop) throws -> Router {
    var limits = Limits()
    // One item in a round.
    limits.turnMicros = 0
    return try Router(
      .patron(),
      store: shop.store,
      watches: WatchHub(),
      loop: loop,
      limits: limits,
      clock: .system,
      log: LogCollector().log
    )
  }

  private static func send(
    _ request: BatchUpsertCustomersRequest,
    _ stream: UInt32,
    to router: Router
  ) throws {
    let method = CustomerService.batchUpsertCustomers.method
    let index = try #require(router.methods.firstIndex(of: method))
    let payload = try request.encoded()
    var response = ResponseBuffer()
    let call = ServerCall(
      target: ReplyTarget(connection: 1, stream: stream),
      deadline: nil,
      metadata: MetadataView(),
      peer: Peer(address: "test")
    )
    switch router.unary(index, payload.span.bytes, call, &response) {
    case .pending: return
    case .failed(let error): throw error
    case .replied: Issue.record("a write was answered at once")
    }
  }

  private static func request(_ range: Range<Int>) -> BatchUpsertCustomersRequest {
    .with {
      $0.customers = range.map { number in
        .with {
          $0.externalID = "c\(number)"
          $0.email = "c\(number)@example.com"
        }
      }
    }
  }

  @Test func smallBatchesAreCheckedAtOnce() async throws {
    try await Shop.open { shop in
      let loop = RoundLoop()
      func run() throws {
        let router = try Self.router(shop, loop)
        try Self.send(Self.request(0..<50), 1, to: router)
        #expect(loop.run() == 0)
        try Self.send(Self.request(0..<51), 3, to: router)
        // One behind a batch of its connection waits for it.
        try Self.send(Self.request(51..<54), 5, to: router)
        #expect(loop.run(51) == 51)
        #expect(loop.run() == 3)
      }
      try run()
      let first = try BatchUpsertCustomersResponse(decoding: try await loop.answer(1))
      #expect(first.counts?.created == 50)
      let second = try BatchUpsertCustomersResponse(decoding: try await loop.answer(3))
      #expect(second.counts?.created == 1 && second.counts?.unchanged == 50)
      let third = try BatchUpsertCustomersResponse(decoding: try await loop.answer(5))
      #expect(third.counts?.created == 3)
    }
  }

  @Test func aBatchOfACallerWhoIsGoneIsDropped() async throws {
    var limits = StoreLimits()
    limits.writeQueueBytes = 1 << 20
    try await Shop.open(limits: limits) { shop in
      let loop = RoundLoop()
      func run() throws {
        let router = try Self.router(shop, loop)
        // Each takes more than half of the room.
        try Self.send(Self.request(0..<300), 1, to: router)
        let refused = #expect(throws: RPCError.self) {
          try Self.send(Self.request(300..<600), 3, to: router)
        }
        #expect(refused?.reason == "QUEUE_FULL")
        #expect(loop.run(200) == 200)
        let reason = RPCError(code: .cancelled, message: "the client cancelled")
        router.abandoned(ReplyTarget(connection: 1, stream: 1), reason)
        try Self.send(Self.request(300..<600), 5, to: router)
        #expect(loop.run() == 300)
      }
      try run()
      let answer = try BatchUpsertCustomersResponse(decoding: try await loop.answer(5))
      #expect(answer.counts?.created == 300)
      // The connection drops this answer, unless the caller is there and has lost its right.
      let dropped = loop.answers.withLock { $0[1] }
      #expect(throws: RPCError.from(StoreError.cancelled)) { try dropped?.get() }
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["300"]])
    }
  }

  // MARK: - Answers

  /// The routes of a server that checks a whole batch at once, and again with the store's country.
  private static func wholeBatches() -> Routes {
    typealias Customers = CustomerHandlers
    var routes = Routes { reader in try StoreSettings(of: reader).defaultCountry ?? "" }
    routes.write(
      CustomerService.batchUpsertCustomers,
      country: \.defaultCountry,
      lacksCountry: { $0.batch.lacksCountry },
      prepare: { try Customers.prepareBatchUpsert($0, $1).checked() },
      apply: { upsert, context, response in
        _ = try Customers.batchUpsert(upsert, context, &response)
      }
    )
    routes.write(
      CustomerService.updateStoreSettings,
      prepare: Customers.prepareSettings,
      apply: Customers.updateSettings
    )
    return routes
  }

  private static func request(_ random: inout SeededRandom) -> BatchUpsertCustomersRequest {
    var request = BatchUpsertCustomersRequest()
    if random.below(4) == 0 { request.defaultCountry = "FR" }
    let lacksCountries = random.coin()
    for _ in 0..<(51 + random.below(80)) {
      let number = 1000 + random.below(60)
      var input = CustomerInput()
      if random.coin() { input.externalID = "c\(number)" }
      switch random.below(6) {
      case 0: input.email = "nobody"
      case 1: break
      default: input.email = "c\(number)@example.com"
      }
      switch random.below(lacksCountries ? 6 : 4) {
      case 0: input.phoneNumber = "+49 30 1234\(number)"
      case 1: input.phoneNumber = "0049 30 1234\(number)"
      case 2: input.phoneNumber = "12"
      case 4: input.phoneNumber = "030 1234\(number)"
      default: break
      }
      if random.coin() { input.firstName = String(repeating: "n", count: 1 + random.below(400)) }
      request.customers.append(input)
    }
    return request
  }

  /// Returns the results in words, with the customers numbered by their first appearance.
  private static func words(_ response: BatchUpsertCustomersResponse) -> [String] {
    var numbers: [Int64: Int] = [:]
    return response.results.map { result -> String in
      let id = result.customerID
      let number = numbers[id] ?? numbers.count
      numbers[id] = number
      let error = result.error?.asError
      let warnings = result.warnings.map { "\($0.reason) \($0.field) \($0.rule)" }
      return "\(result.index) \(result.outcome) \(number) \(warnings) "
        + "\(error?.reason ?? "") \(error?.broken ?? [])"
    } + ["\(String(describing: response.counts))"]
  }

  @Test(arguments: SeededRandom.seeds(1...4))
  func turnsChangeNoAnswer(_ seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let requests = (0..<4).map { _ in Self.request(&random) }
    let country = random.coin() ? "DE" : ""
    var expected: [[String]] = []
    try await Shop.open(routes: Self.wholeBatches()) { shop in
      try await shop.set(["default_country"]) { $0.defaultCountry = country }
      for request in requests {
        expected.append(Self.words(try await shop.customers.batchUpsertCustomers(request)))
      }
    }
    try await Shop.open { shop in
      try await shop.set(["default_country"]) { $0.defaultCountry = country }
      for (number, request) in requests.enumerated() {
        let loop = RoundLoop()
        func run() throws {
          let router = try Self.router(shop, loop)
          try Self.send(request, 1, to: router)
          #expect(loop.run() >= request.customers.count, "seed \(seed)")
        }
        try run()
        let answer = try BatchUpsertCustomersResponse(decoding: try await loop.answer(1))
        #expect(Self.words(answer) == expected[number], "seed \(seed), batch \(number)")
      }
    }
  }
}
