import TTRPC
import Testing

/// The accounts of answers: what clients have not read, and what pending calls may add.
@Suite struct AnswerAccountTests {
  static func later(_ streams: ClosedRange<Int>) -> [UInt8] {
    streams.flatMap { ClientBytes.request(UInt32($0 * 2 - 1), "Later") }
  }

  private static func limits(_ outbound: Int, total: Int = 1 << 30) -> Limits {
    var limits = Limits()
    limits.outboundBytes = outbound
    limits.totalOutboundBytes = total
    return limits
  }

  // MARK: Reserves

  @Test func atMost64CallsArePendingAtFirst() {
    let script = ServerScript()
    script.feed(Self.later(1...64))
    #expect(!script.isBlocked)
    script.feed(Self.later(65...100))
    #expect(script.isBlocked)
    #expect(!script.mayGoOn)
    #expect(script.callsInFlight == 64)
  }

  @Test func smallAnswersLetAThousandCallsBePending() {
    let script = ServerScript()
    script.feed(Self.later(1...1024))
    for stream in stride(from: UInt32(1), to: 15, by: 2) {
      script.connection.complete(stream, .success([1]))
      script.retry()
    }
    for stream in stride(from: UInt32(15), to: 401, by: 2) {
      script.connection.complete(stream, .success([1]))
      script.retry()
    }
    #expect(!script.isBlocked)
    #expect(script.callsInFlight == 1024 - 200)
  }

  @Test func largeAnswersHoldRequestsBack() {
    let script = ServerScript(Self.limits(1 << 20))
    script.feed(Self.later(1...1))
    script.connection.complete(1, .success([UInt8](repeating: 1, count: 300_000)))
    _ = script.output()
    script.feed(Self.later(2...10))
    #expect(script.callsInFlight == 4)
    #expect(script.isBlocked)
    #expect(!script.mayGoOn)
    script.connection.complete(3, .success([]))
    #expect(script.mayGoOn)
  }

  @Test func oneCallMayAlwaysBePending() {
    let script = ServerScript(Self.limits(1000))
    script.feed(Self.later(1...1))
    script.connection.complete(1, .success([UInt8](repeating: 1, count: 5000)))
    _ = script.output()
    script.feed(Self.later(2...3))
    #expect(script.callsInFlight == 1)
    script.connection.complete(3, .failure(RPCError(code: .aborted, message: "no")))
    _ = script.output()
    script.retry()
    #expect(script.callsInFlight == 1)
  }

  /// Only requests add answers: CANCEL, PING and messages are handled.
  @Test func otherFramesPassAFullReserve() {
    let script = ServerScript(Self.limits(1000))
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen, metadata: ClientBytes.extended))
    _ = script.output()
    script.feed(ClientBytes.request(3, "Later"))
    let ping = [UInt8](repeating: 0, count: Extensions.pingBytes)
    script.feed(ClientBytes.frame(.ping, 0, ping) + ClientBytes.data(1, [9]))
    #expect(script.output().map(\.header.type) == [.pong])
    #expect(script.log.last == "message 1 09")
    script.feed(ClientBytes.frame(.cancel, 3, []) + ClientBytes.request(5, "Echo", [5]))
    #expect(script.output().map(\.payload) == [[5]])
  }

  @Test func endedCallsGiveTheirReserveBack() {
    let script = ServerScript(Self.limits(64 << 10))
    script.feed(ClientBytes.request(1, "Later", timeoutNanos: 1_000_000) + Self.later(2...64))
    script.feed(Self.later(65...65))
    #expect(script.isBlocked)
    script.advance(.milliseconds(1))
    script.expire()
    _ = script.output()
    script.retry()
    #expect(!script.isBlocked)
    #expect(script.end().count == 64)
    script.feed(Self.later(101...164))
    #expect(!script.isBlocked)
  }

  /// A stream whose handler consumes is not failed because other calls hold reading back.
  @Test func aStreamThatConsumedIsNotFailedWhileTheReserveIsFull() {
    var limits = Self.limits(1000)
    limits.streamQueueMessages = 1
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen) + ClientBytes.data(1, [1]))
    script.feed(Self.later(2...2) + ClientBytes.data(1, [2]))
    #expect(script.isBlocked)
    #expect(script.consumed(1, 1))
    #expect(!script.mayGoOn)
    script.advance(.seconds(5))
    script.expire()
    #expect(script.output().isEmpty)
    script.connection.complete(3, .success([]))
    _ = script.output()
    #expect(script.mayGoOn)
    script.retry()
    #expect(script.log.last == "message 1 02")
  }

  @Test func bytesOfTheSocketsLayerCount() {
    let script = ServerScript(Self.limits(1000))
    script.connection.socketBytes = 1000
    script.feed(ClientBytes.request(1, "Echo", [1]))
    #expect(script.isBlocked)
    #expect(script.log.isEmpty)
    script.connection.socketBytes = 999
    #expect(script.mayGoOn)
    script.retry()
    #expect(script.log.count == 1)
  }

  // MARK: Accounts

  @Test func aConnectionWithUnreadAnswersIsRefused() throws {
    let limits = Self.limits(1000)
    let account = AnswerTotal(limits).makeAccount(limits)
    account.add(1000)
    #expect(account.refusal == nil)
    account.add(1)
    let refusal = try #require(account.refusal)
    #expect(refusal.code == .resourceExhausted)
    #expect(refusal.message.contains("--max-outbound-bytes"))
    #expect(refusal.retryDelay == .milliseconds(100))
    #expect(Self.reason(refusal) == "ANSWERS_UNREAD")
    account.add(-1)
    #expect(account.refusal == nil)
  }

  @Test func allConnectionsAreRefusedWhenTheTotalIsFull() throws {
    let limits = Self.limits(1000, total: 1500)
    let total = AnswerTotal(limits)
    let first = total.makeAccount(limits)
    var second: AnswerAccount? = total.makeAccount(limits)
    first.add(800)
    second?.add(700)
    #expect(total.isPressed)
    #expect(first.refusal == nil)
    first.add(1)
    let refusal = try #require(first.refusal)
    #expect(refusal.message.contains("--max-total-outbound-bytes"))
    #expect(refusal.retryDelay == .milliseconds(100))
    #expect(Self.reason(refusal) == "SERVER_MEMORY")
    second = nil
    #expect(total.untaken == 801, "an account leaves nothing behind")
    #expect(first.refusal == nil)
    #expect(!total.isPressed)
  }

  /// The first field of `google.rpc.ErrorInfo`.
  private static func reason(_ error: RPCError) -> String? {
    let type = "type.googleapis.com/google.rpc.ErrorInfo"
    guard let value = error.details.first(where: { $0.typeURL == type })?.value, value.count > 2
    else { return nil }
    return String(decoding: value[2..<2 + Int(value[1])], as: UTF8.self)
  }

  @Test func aHoldCountsTheLastRunOfItsCall() throws {
    let limits = Self.limits(1000)
    let total = AnswerTotal(limits)
    let account = total.makeAccount(limits)
    var hold: AnswerHold? = AnswerHold(account)
    hold?.keep(2000)
    #expect(account.refusal != nil)
    try hold?.requireRoom()
    #expect(account.untaken == 0, "the first run was rolled back")
    hold?.keep(30)
    #expect(total.untaken == 30)
    account.add(1001)
    let refusal = #expect(throws: RPCError.self) { try hold?.requireRoom() }
    #expect(refusal.flatMap(Self.reason) == "ANSWERS_UNREAD")
    #expect(total.untaken == 1001)
    account.add(-1001)
    hold?.keep(30)
    hold = nil
    #expect(total.untaken == 0)
  }

  @Test func aCallIsRefusedBeforeItRunsWhenTheTotalIsFull() {
    let limits = Self.limits(1000, total: 500)
    let total = AnswerTotal(limits)
    let script = ServerScript(limits, account: total.makeAccount(limits))
    let other = total.makeAccount(limits)
    other.add(501)
    script.feed(ClientBytes.request(1, "Echo", [1]) + ClientBytes.request(3, "List"))
    #expect(script.log.isEmpty)
    #expect(
      script.output().map(\.description) == [
        "response 1 RESOURCE_EXHAUSTED", "response 3 RESOURCE_EXHAUSTED",
      ]
    )
    other.add(-1)
    script.feed(ClientBytes.request(5, "Echo", [5]))
    #expect(script.output().map(\.payload) == [[5]])
  }

  @Test func aPeakIsTakenOnceAndLongAfterwards() {
    let total = AnswerTotal(Limits())
    total.add(1000)
    #expect(total.takePeak(atLeast: 1000) == nil, "nothing was given back")
    total.add(-749)
    #expect(total.takePeak(atLeast: 1000) == nil)
    total.add(-2)
    #expect(total.takePeak(atLeast: 1001) == nil)
    #expect(total.takePeak(atLeast: 1000) == 1000)
    #expect(total.takePeak(atLeast: 1) == nil)
  }

  // MARK: Requests that wait

  @Test(arguments: [(1024, 0), (1025, 4100)]) func aLargeRequestCountsWhileItWaits(
    length: Int,
    counted: Int
  ) {
    let total = AnswerTotal(Limits())
    let account = total.makeAccount(Limits())
    var hold = RequestHold(account, length: length)
    #expect((hold == nil) == (counted == 0))
    #expect(total.untaken == counted)
    #expect(account.untaken == 0)
    hold = nil
    #expect(total.untaken == 0)
  }
}
