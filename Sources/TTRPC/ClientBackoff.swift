/// Exponential backoff: each wait is the last one times `multiplier`, up to `maxDelay`. Jitter
/// moves every wait by a random part, so that clients that failed together do not return together.
public struct ClientBackoff: Sendable, Hashable {
  /// The first wait.
  public var initial: Duration
  /// The factor from each wait to the next; at least 1.
  public var multiplier: Double
  /// The longest wait, before jitter.
  public var maxDelay: Duration
  /// The random part, as a share of the wait: 0.2 means between 0.8 and 1.2 times the wait.
  public var jitter: Double

  /// Creates a backoff from `initial` to `maxDelay`.
  public init(initial: Duration, multiplier: Double, maxDelay: Duration, jitter: Double) {
    self.initial = initial
    self.multiplier = multiplier
    self.maxDelay = maxDelay
    self.jitter = jitter
  }

  /// The backoff between attempts of one call: 100 ms, times 1.6, up to 5 s, ±20 %.
  public static let retry = ClientBackoff(
    initial: .milliseconds(100),
    multiplier: 1.6,
    maxDelay: .seconds(5),
    jitter: 0.2
  )

  /// The backoff between attempts to connect: 1 s, times 1.6, up to 120 s, ±20 %.
  public static let reconnect = ClientBackoff(
    initial: .seconds(1),
    multiplier: 1.6,
    maxDelay: .seconds(120),
    jitter: 0.2
  )

  /// Returns the wait before jitter after `failures` failures in a row; 1 gives `initial`.
  public func base(failures: Int) -> Duration {
    var seconds = initial.inSeconds
    let limit = maxDelay.inSeconds
    var remaining = failures - 1
    while remaining > 0, seconds < limit {
      seconds *= max(1, multiplier)
      remaining -= 1
    }
    return .seconds(min(seconds, limit))
  }

  /// Returns the wait after `failures` failures in a row, jitter included.
  public func delay(failures: Int, using random: inout some RandomNumberGenerator) -> Duration {
    let share = min(max(jitter, 0), 1)
    guard share > 0 else { return base(failures: failures) }
    return base(failures: failures) * Double.random(in: (1 - share)...(1 + share), using: &random)
  }
}

extension Duration {
  /// The duration as a floating-point number of seconds.
  package var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// A small random generator (splitmix64) with a seed, for jitter: repeatable in tests, and not for
/// secrets.
public struct ClientRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Creates a generator; the same seed gives the same numbers.
  public init(seed: UInt64) { state = seed }

  /// Creates a generator with a seed from the system.
  public init() { state = SystemRandomNumberGenerator().randomSeed() }

  /// Returns the next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension SystemRandomNumberGenerator {
  fileprivate func randomSeed() -> UInt64 {
    var generator = self
    return generator.next()
  }
}
