/// The rules by which a client retries failed calls. Numbers and rules are those of gRPC's retry
/// design (proposal A6) where ttrpc allows them.
///
/// - A call that the server certainly never saw is retried whatever the method: the first time at
///   once, then as an ordinary attempt.
/// - Any other call is retried only where repeating is harmless: methods without side effects,
///   idempotent ones, and those of unknown idempotency whose request has a `request_id`.
/// - Of the codes, UNAVAILABLE is retried. RESOURCE_EXHAUSTED and ABORTED are retried only with a
///   wait from the server (`google.rpc.RetryInfo`), because without it they also stand for limits
///   that another attempt would meet again.
public struct RetryPolicy: Sendable, Hashable {
  /// The most attempts for one call, the first included: 1 (no retries) to 5.
  public var maxAttempts: Int
  /// The waits between attempts for which the server names none.
  public var backoff: ClientBackoff

  /// Creates a policy; `maxAttempts` is clamped to 1...5.
  public init(maxAttempts: Int = 4, backoff: ClientBackoff = .retry) {
    self.maxAttempts = min(max(maxAttempts, 1), 5)
    self.backoff = backoff
  }

  /// No retries, except for calls that the server certainly never saw.
  public static let never = RetryPolicy(maxAttempts: 1)

  /// Decides whether to retry after one failed attempt, and records the attempt in `throttle`.
  public func decide(
    _ attempt: FailedAttempt,
    throttle: inout RetryThrottle,
    using random: inout some RandomNumberGenerator
  ) -> RetryDecision {
    if attempt.failure.reach == .notSent { return .giveUp }
    if attempt.failure.reach == .neverSeen, attempt.transparentRetries == 0 {
      return .retryUnseen
    }
    guard worthRepeating(attempt) else { return .giveUp }
    // Every attempt that asks for a retry is recorded, so that a server in trouble gets fewer of
    // them; see A6, "Throttling Retry Attempts".
    guard throttle.failed(), attempt.number < maxAttempts else { return .giveUp }
    guard let wait = wait(after: attempt, using: &random) else { return .giveUp }
    guard wait < attempt.remaining else { return .giveUp }
    return .retry(after: wait)
  }

  private func worthRepeating(_ attempt: FailedAttempt) -> Bool {
    let error = attempt.failure.error
    if attempt.failure.reach == .neverSeen { return error.code == .unavailable }
    guard attempt.retries else { return false }
    switch attempt.idempotency {
    case .noSideEffects, .idempotent: break
    case .unknown: guard attempt.hasRequestID else { return false }
    }
    switch error.code {
    case .unavailable: return true
    case .resourceExhausted, .aborted: return error.retryDelay != nil
    default: return false
    }
  }

  /// Returns the wait before the next attempt, or nil if a negative hint asks for no retry.
  private func wait(
    after attempt: FailedAttempt,
    using random: inout some RandomNumberGenerator
  ) -> Duration? {
    guard let hint = attempt.failure.error.retryDelay else {
      return backoff.delay(failures: attempt.number, using: &random)
    }
    guard hint >= .zero else { return nil }
    return hint * Double.random(in: 1...(1 + min(max(backoff.jitter, 0), 1)), using: &random)
  }
}

/// One failed attempt, as the retry policy judges it.
public struct FailedAttempt: Sendable {
  /// The error, and the stage that the attempt may have reached.
  public var failure: CallFailure
  /// The number of the attempt, 1 for the first. Attempts that the server never saw are not
  /// counted.
  public var number: Int
  /// The attempts so far that were retried at once because the server never saw them.
  public var transparentRetries: Int
  /// The effect of repeating the method.
  public var idempotency: IdempotencyLevel
  /// True when the request has a `request_id`, which makes repeating harmless.
  public var hasRequestID: Bool
  /// True when the caller allows retries.
  public var retries: Bool
  /// The time until the call's deadline. A wait that would pass it is not begun.
  public var remaining: Duration

  /// Creates the description of an attempt.
  public init(
    failure: CallFailure,
    number: Int,
    transparentRetries: Int,
    idempotency: IdempotencyLevel,
    hasRequestID: Bool,
    retries: Bool,
    remaining: Duration
  ) {
    self.failure = failure
    self.number = number
    self.transparentRetries = transparentRetries
    self.idempotency = idempotency
    self.hasRequestID = hasRequestID
    self.retries = retries
    self.remaining = remaining
  }
}

/// The policy's decision about a failed attempt.
public enum RetryDecision: Sendable, Hashable {
  /// No retry: the caller gets the error.
  case giveUp
  /// A retry at once that is not counted: the server never saw the call.
  case retryUnseen
  /// A retry after this wait.
  case retry(after: Duration)
}
