import TTRPC
import Testing

/// The counters of a loop: every end of a call counts once, with its code and its time.
@Suite struct LoopCountersTests {
  private let counters = LoopCounters(methods: ServerScript.methods.count)

  private func calls(_ method: Int, _ code: StatusCode) -> UInt64 {
    counters.counts.calls(method, code)
  }

  /// The index in the table of the script's methods.
  private func index(_ name: String) -> Int {
    ServerScript.methods.firstIndex { $0.name == name } ?? -1
  }

  /// The index for methods that do not exist.
  private var unknown: Int { ServerScript.methods.count }

  /// All calls that were counted.
  private var total: UInt64 {
    (0...unknown).reduce(0) { sum, method in
      (0..<17).reduce(sum) { $0 + calls(method, StatusCode(rawValue: $1)) }
    }
  }

  @Test func callsAnsweredAtOnce() {
    let script = ServerScript(counters: counters)
    script.callTime = .milliseconds(3)
    script.feed(ClientBytes.request(1, "Echo", [1]) + ClientBytes.request(3, "Refuse"))
    #expect(calls(index("Echo"), .ok) == 1)
    #expect(calls(index("Refuse"), .notFound) == 1)
    #expect(total == 2)
    // 3 ms are above the bound of 2.5 ms.
    let durations = Array(counters.counts.durations(index("Echo")))
    #expect(durations.firstIndex(of: 1) == 6)
    #expect(abs(counters.counts.seconds(index("Echo")) - 0.003) < 0.000_001)
  }

  @Test func callsAnsweredLater() {
    let script = ServerScript(counters: counters)
    script.feed(ClientBytes.request(1, "Later") + ClientBytes.request(3, "Later"))
    #expect(total == 0)
    script.advance(.seconds(20))
    script.connection.complete(1, .success([1]))
    script.connection.complete(3, .failure(RPCError(code: .aborted, message: "")))
    script.connection.complete(3, .success([1]))
    #expect(calls(index("Later"), .ok) == 1)
    #expect(calls(index("Later"), .aborted) == 1)
    #expect(total == 2)
    #expect(counters.counts.durations(index("Later")).last == 2, "longer than all bounds")
  }

  @Test func callsThatTheirClientsGiveUp() {
    let script = ServerScript(counters: counters)
    script.feed(ClientBytes.request(1, "Later") + ClientBytes.request(3, "List"))
    #expect(script.endStreams() == [3])
    #expect(script.end() == [1])
    #expect(calls(index("List"), .cancelled) == 1)
    #expect(calls(index("Later"), .cancelled) == 1)
    #expect(total == 2)
  }

  @Test func deadlinesThatPass() {
    let script = ServerScript(counters: counters)
    script.feed(ClientBytes.request(1, "Later", timeoutNanos: 1_000_000))
    script.advance(.seconds(1))
    script.expire()
    #expect(calls(index("Later"), .deadlineExceeded) == 1)
    #expect(total == 1)
  }

  @Test func streamsHaveNoDuration() {
    let script = ServerScript(counters: counters)
    script.feed(ClientBytes.request(1, "List") + ClientBytes.request(3, "List"))
    script.connection.finish(1, nil)
    script.connection.finish(3, RPCError(code: .unavailable, message: ""))
    #expect(calls(index("List"), .ok) == 1)
    #expect(calls(index("List"), .unavailable) == 1)
    #expect(total == 2)
    #expect(counters.counts.durations(index("List")).reduce(0, +) == 0)
  }

  @Test func callsThatDoNotBegin() {
    var limits = Limits()
    limits.callsPerConnection = 1
    limits.requestBytes = 1000
    let script = ServerScript(limits, counters: counters)
    script.feed(ClientBytes.request(1, "Nothing"))
    script.feed(ClientBytes.request(3, "Later") + ClientBytes.request(5, "Echo"))
    script.feed(ServerLimitTests.request(7, envelopeBytes: 1001))
    #expect(calls(unknown, .unimplemented) == 1)
    #expect(calls(index("Echo"), .resourceExhausted) == 1)
    #expect(calls(unknown, .resourceExhausted) == 1)
    #expect(total == 3)
    #expect(counters.counts.refusals(.callsPerConnection) == 1)
    #expect(counters.counts.refusals(.requestBytes) == 1)
  }

  @Test func refusalsOfTheDispatcherCountByTheirReason() {
    let script = ServerScript(counters: counters)
    script.feed(ClientBytes.request(1, "Later") + ClientBytes.request(3, "Later"))
    let error = RPCError(code: .resourceExhausted, message: "")
    script.connection.complete(1, .failure(error.giving(reason: "QUEUE_FULL")))
    script.connection.complete(3, .failure(error.giving(reason: "NEW_REASON")))
    #expect(counters.counts.refusals(.queue) == 1)
    #expect(counters.counts.refusals(.other) == 1)
    #expect(error.leadingReason == nil)
    #expect(error.giving(reason: "QUEUE_FULL").leadingReason == "QUEUE_FULL")
  }

  @Test func slowCallsAreReported() {
    let counters = LoopCounters(methods: ServerScript.methods.count, slowCall: .milliseconds(250))
    var slow: [EndedCall] = []
    counters.onSlowCall = { slow.append($0) }
    let script = ServerScript(counters: counters)
    script.onCall = { session, _ in session.callID = 99 }
    script.feed(ClientBytes.request(1, "Later") + ClientBytes.request(3, "Later"))
    script.advance(.milliseconds(249))
    script.connection.complete(1, .success([]))
    #expect(slow.isEmpty)
    script.advance(.milliseconds(1))
    script.connection.complete(3, .success([]))
    #expect(slow.count == 1)
    #expect(slow.first?.method == index("Later"))
    #expect(slow.first?.target == ReplyTarget(connection: 7, stream: 3))
    #expect(slow.first?.id == 99)
    #expect(slow.first?.code == .ok)
    let duration = slow.first?.duration ?? .zero
    #expect(duration >= .milliseconds(249))
  }

  @Test func countsOfLoopsAreAdded() {
    let other = LoopCounters(methods: ServerScript.methods.count)
    for counters in [counters, other] {
      let script = ServerScript(counters: counters)
      script.feed(ClientBytes.request(1, "Echo", [1]))
      counters.opened(.unix)
      counters.opened(.tcp)
      counters.closed(.tcp, .idle)
      counters.received(10)
    }
    var sum = counters.counts
    sum.add(other.counts)
    #expect(sum.calls(index("Echo"), .ok) == 2)
    #expect(sum.durations(index("Echo")).reduce(0, +) == 2)
    #expect(sum.open(.unix) == 2)
    #expect(sum.open(.tcp) == 0)
    #expect(sum.closed == ["idle": 2])
    #expect(sum.bytesIn == 20)
  }
}
