/// Which failed calls a client makes again, and when. The numbers and the rules are those of gRPC's
/// retry design (proposal A6) where ttrpc allows them.
///
/// - A call that the server surely never saw is made again whatever the method: the first time at
///   once, then as an ordinary attempt.
/// - Any other is made again only where repeating is harmless: methods without side effects,
///   idempotent ones, and those of unknown idempotency whose request has a `request_id`.
/// - Of the codes, UNAVAILABLE is worth another attempt; RESOURCE_EXHAUSTED and ABORTED are when
/// the
///   server says how long to wait (`google.rpc.RetryInfo`), because without it they also stand for
///   limits that another attempt would meet again.
public struct RetryPolicy: Sendable, Hashable {
  /// Attempts for one call, the first included: 1 (no retries) to 5.
  public var maxAttempts: Int
  /// Waits between attempts when the server names none.
  public var backoff: ClientBackoff

  /// A policy; `maxAttempts` is brought into 1...5.
  public init(maxAttempts: Int = 4, backoff: ClientBackoff = .retry) {
    self.maxAttempts = min(max(maxAttempts, 1), 5)
    self.backoff = backoff
  }

  /// No attempt after the first, except for calls that the server surely never saw.
  public static let never = RetryPolicy(maxAttempts: 1)

  /// Decides about one failed attempt and keeps the throttle's account of it.
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
    // The account is kept for every attempt that asks for a repeat, so that a server in trouble
    // gets fewer of them; see A6, "Throttling Retry Attempts".
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

  /// A negative hint means that no retry is wanted.
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

/// How far a call came that failed.
public struct CallFailure: Error, Sendable, Equatable {
  /// How much the server may know about the call.
  public enum Reach: Sendable, Hashable {
    /// The client itself refused: no connection, a local limit. Another attempt would meet it too.
    case notSent
    /// The request was not handed to the server's methods: another attempt repeats nothing.
    case neverSeen
    /// The server may have done it.
    case maybeSeen
  }

  /// What the caller is told.
  public var error: RPCError
  /// How far the call came.
  public var reach: Reach

  /// A failure; by default the server may have done the call.
  public init(_ error: RPCError, reach: Reach = .maybeSeen) {
    self.error = error
    self.reach = reach
  }
}

/// One failed attempt, as the retry policy judges it.
public struct FailedAttempt: Sendable {
  /// What went wrong, and how far the attempt came.
  public var failure: CallFailure
  /// 1 for the first attempt. Attempts that the server never saw are counted apart.
  public var number: Int
  /// Attempts so far that were repeated at once because the server never saw them.
  public var transparentRetries: Int
  /// What repeating the method does.
  public var idempotency: IdempotencyLevel
  /// Whether the request names itself, which makes repeating harmless.
  public var hasRequestID: Bool
  /// Whether the caller wants retries.
  public var retries: Bool
  /// Time until the call's deadline: a wait that would pass it is not begun.
  public var remaining: Duration

  /// Describes an attempt.
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

/// What the policy says about a failed attempt.
public enum RetryDecision: Sendable, Hashable {
  /// The caller gets the error.
  case giveUp
  /// At once, and not counted: the server never saw the call.
  case retryUnseen
  /// Another attempt after this wait.
  case retry(after: Duration)
}

/// Keeps a client from answering a server's trouble with more calls (A6): a failed attempt takes a
/// token, a success returns a tenth of one, and while at most half of the tokens are left nothing
/// is retried.
public struct RetryThrottle: Sendable, Hashable {
  /// Thousandths of a token, so that sums stay exact.
  private var millitokens: Int
  private let maximum: Int
  private let ratio: Int

  /// A full account of `maxTokens` (1 to 1000), of which a success returns `tokenRatio`.
  public init(maxTokens: Int = 10, tokenRatio: Double = 0.1) {
    maximum = min(max(maxTokens, 1), 1000) * 1000
    millitokens = maximum
    ratio = Int((min(max(tokenRatio, 0.001), 1000) * 1000).rounded())
  }

  /// The tokens left.
  public var tokens: Double { Double(millitokens) / 1000 }

  /// Whether a retry may be made now.
  public var allowsRetry: Bool { millitokens > maximum / 2 }

  /// Counts a failed attempt; returns whether it may be repeated.
  public mutating func failed() -> Bool {
    millitokens = max(0, millitokens - 1000)
    return allowsRetry
  }

  /// Counts a call that got an answer.
  public mutating func succeeded() { millitokens = min(maximum, millitokens + ratio) }
}
