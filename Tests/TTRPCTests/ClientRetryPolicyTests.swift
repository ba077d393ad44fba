import Testing

@testable import TTRPC

@Suite struct ClientRetryPolicyTests {
  private func attempt(
    _ code: StatusCode,
    reach: CallFailure.Reach = .maybeSeen,
    number: Int = 1,
    transparent: Int = 0,
    idempotency: IdempotencyLevel = .idempotent,
    hasRequestID: Bool = false,
    retries: Bool = true,
    remaining: Duration = .seconds(30),
    hint: [UInt8]? = nil
  ) -> FailedAttempt {
    let details = hint.map {
      [StatusDetail(typeURL: "type.googleapis.com/google.rpc.RetryInfo", value: $0)]
    }
    return FailedAttempt(
      failure: CallFailure(
        RPCError(code: code, message: "x", details: details ?? []),
        reach: reach
      ),
      number: number,
      transparentRetries: transparent,
      idempotency: idempotency,
      hasRequestID: hasRequestID,
      retries: retries,
      remaining: remaining
    )
  }

  private func decide(_ attempt: FailedAttempt, policy: RetryPolicy = RetryPolicy())
    -> RetryDecision
  {
    var throttle = RetryThrottle()
    var random = ClientRandom(seed: 7)
    return policy.decide(attempt, throttle: &throttle, using: &random)
  }

  private func isRetry(_ decision: RetryDecision) -> Bool {
    if case .retry = decision { true } else { false }
  }

  @Test func idempotencyDecides() {
    #expect(isRetry(decide(attempt(.unavailable, idempotency: .noSideEffects))))
    #expect(isRetry(decide(attempt(.unavailable, idempotency: .idempotent))))
    #expect(decide(attempt(.unavailable, idempotency: .unknown)) == .giveUp)
    #expect(isRetry(decide(attempt(.unavailable, idempotency: .unknown, hasRequestID: true))))
    #expect(decide(attempt(.unavailable, retries: false)) == .giveUp)
  }

  @Test(arguments: (0...16).map { StatusCode(rawValue: $0) })
  func onlyUnavailableIsRepeatedWithoutAHint(code: StatusCode) {
    #expect(isRetry(decide(attempt(code))) == (code == .unavailable))
  }

  @Test func aHintMakesExhaustedAndAbortedWorthRepeating() {
    // RetryInfo { retry_delay { seconds: 2 } }
    let hint: [UInt8] = [0x0A, 0x02, 0x08, 0x02]
    for code in [StatusCode.resourceExhausted, .aborted, .unavailable] {
      guard case .retry(let wait) = decide(attempt(code, hint: hint)) else {
        Issue.record("\(code) with a hint was not retried")
        continue
      }
      #expect(wait >= .seconds(2) && wait <= .milliseconds(2400))
    }
    #expect(decide(attempt(.internal, hint: hint)) == .giveUp)
    #expect(decide(attempt(.resourceExhausted, remaining: .seconds(1), hint: hint)) == .giveUp)
  }

  @Test func aNegativeHintStopsRetries() {
    // seconds: -1 is ten bytes of varint.
    let hint: [UInt8] = [0x0A, 0x0B, 0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01]
    #expect(decide(attempt(.unavailable, hint: hint)) == .giveUp)
  }

  @Test func callsNeverSeenAreRepeatedAtOnceThenCounted() {
    let first = attempt(
      .unavailable,
      reach: .neverSeen,
      idempotency: .unknown,
      retries: false
    )
    #expect(decide(first) == .retryUnseen)
    let second = attempt(
      .unavailable,
      reach: .neverSeen,
      transparent: 1,
      idempotency: .unknown,
      retries: false
    )
    #expect(isRetry(decide(second)))
    let last = attempt(.unavailable, reach: .neverSeen, number: 4, transparent: 1)
    #expect(decide(last) == .giveUp)
    #expect(decide(attempt(.unavailable, reach: .notSent)) == .giveUp)
  }

  @Test func attemptsEnd() {
    for number in 1...3 { #expect(isRetry(decide(attempt(.unavailable, number: number)))) }
    #expect(decide(attempt(.unavailable, number: 4)) == .giveUp)
    #expect(decide(attempt(.unavailable), policy: .never) == .giveUp)
    #expect(RetryPolicy(maxAttempts: 99).maxAttempts == 5)
    #expect(RetryPolicy(maxAttempts: -1).maxAttempts == 1)
  }

  @Test func noWaitPassesTheDeadline() {
    #expect(decide(attempt(.unavailable, remaining: .milliseconds(50))) == .giveUp)
  }

  @Test func backoffGrowsWithinItsJitter() {
    let exact: [Double] = [0.1, 0.16, 0.256, 0.4096]
    for seed in UInt64(1)...50 {
      var random = ClientRandom(seed: seed)
      for (index, base) in exact.enumerated() {
        let wait = ClientBackoff.retry.delay(failures: index + 1, using: &random).inSeconds
        #expect(wait >= base * 0.799 && wait <= base * 1.201, "seed \(seed), wait \(index)")
      }
    }
  }

  @Test func reconnectBackoffStopsAtTwoMinutes() {
    #expect(ClientBackoff.reconnect.base(failures: 1) == .seconds(1))
    #expect(abs(ClientBackoff.reconnect.base(failures: 2).inSeconds - 1.6) < 1e-9)
    #expect(ClientBackoff.reconnect.base(failures: 12) == .seconds(120))
    #expect(ClientBackoff.reconnect.base(failures: Int.max) == .seconds(120))
  }

  @Test func theThrottleStopsRetriesAtHalf() {
    var throttle = RetryThrottle()
    var allowed = 0
    while throttle.failed() { allowed += 1 }
    #expect(allowed == 4)
    #expect(throttle.tokens == 5)
    throttle.succeeded()
    #expect(throttle.allowsRetry)
    #expect(throttle.tokens == 5.1)
    for _ in 0..<1000 { throttle.succeeded() }
    #expect(throttle.tokens == 10)
    for _ in 0..<20 { _ = throttle.failed() }
    #expect(throttle.tokens == 0)
  }

  @Test func theThrottleHoldsDecisions() {
    var throttle = RetryThrottle()
    var random = ClientRandom(seed: 1)
    var retried = 0
    for _ in 0..<20 {
      let decision = RetryPolicy().decide(
        attempt(.unavailable),
        throttle: &throttle,
        using: &random
      )
      if isRetry(decision) { retried += 1 }
    }
    #expect(retried == 4)
  }
}

@Suite struct ClientRetryInfoTests {
  private func delay(_ bytes: [UInt8]) -> Duration? {
    RPCError(
      code: .unavailable,
      message: "",
      details: [StatusDetail(typeURL: "type.googleapis.com/google.rpc.RetryInfo", value: bytes)]
    ).retryDelay
  }

  @Test func readsSecondsAndNanos() {
    #expect(delay([0x0A, 0x02, 0x08, 0x03]) == .seconds(3))
    #expect(
      delay([0x0A, 0x08, 0x08, 0x01, 0x10, 0x80, 0xCA, 0xB5, 0xEE, 0x01]) == .milliseconds(1500)
    )
    #expect(delay([0x0A, 0x00]) == .zero)
    #expect(delay([]) == nil)
  }

  @Test func aHintIsWrittenAsItIsRead() {
    let error = RPCError(code: .unavailable, message: "full")
    for delay in [Duration.zero, .nanoseconds(1), .milliseconds(50), .seconds(3)] {
      #expect(error.retrying(after: delay).retryDelay == delay)
    }
    #expect(
      error.retrying(after: .milliseconds(1500)).details.map(\.value)
        == [[0x0A, 0x08, 0x08, 0x01, 0x10, 0x80, 0xCA, 0xB5, 0xEE, 0x01]]
    )
  }

  @Test func skipsUnknownFields() {
    let unknown: [UInt8] = [
      0x10, 0x05, 0x1A, 0x02, 0xFF, 0xFF, 0x25, 1, 2, 3, 4, 0x29, 1, 2, 3, 4, 5, 6, 7, 8,
    ]
    #expect(delay(unknown + [0x0A, 0x02, 0x08, 0x03]) == .seconds(3))
  }

  @Test(
    arguments: [
      [0x0A], [0x0A, 0x05, 0x08], [0x0A, 0x02, 0x08, 0x80], [0x0B], [0x0A, 0x02, 0x0F, 0x01],
      [0x25, 1, 2], [0x29, 1], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x0A, 0x0B, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x00],
    ] as [[UInt8]]
  )
  func malformedHintsAreNoHints(bytes: [UInt8]) { #expect(delay(bytes) == nil) }

  @Test func randomBytesNeverTrap() {
    for seed in UInt64(0)..<2000 {
      var random = ClientRandom(seed: seed)
      let bytes = (0..<Int.random(in: 0..<24, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      if let found = delay([0x0A, UInt8(bytes.count)] + bytes) {
        #expect(abs(found.inSeconds) < 4e11, "seed \(seed)")
      }
    }
  }

  @Test func otherDetailsAreIgnored() {
    let error = RPCError(
      code: .unavailable,
      message: "",
      details: [StatusDetail(typeURL: "type.googleapis.com/google.rpc.ErrorInfo", value: [1])]
    )
    #expect(error.retryDelay == nil)
  }
}
