public import TTRPC

/// What a ``TTRPCClient`` needs to know.
public struct ClientConfiguration: Sendable {
  /// How calls are spread over several connections.
  public enum Balancing: Sendable, Hashable {
    /// The connection with the fewest calls in flight.
    case leastLoaded
    /// One after the other.
    case roundRobin
  }

  /// Where to connect.
  public var target: ClientTarget
  /// Connections for unary calls, and as many for streams, opened when they are first used.
  public var connections = 1
  /// How calls are spread over the connections.
  public var balancing = Balancing.leastLoaded
  /// Time for making one connection.
  public var connectTimeout = Duration.seconds(10)
  /// The deadline of unary calls whose options name none.
  public var defaultTimeout = Duration.seconds(30)
  /// The deadline of streaming calls whose options name none: an hour; nil for none.
  public var defaultStreamTimeout: Duration? = .seconds(3600)
  /// True: a call waits for a connection until its deadline. False: it fails with UNAVAILABLE when
  /// the server cannot be reached.
  public var waitForReady = false
  /// Which calls are repeated.
  public var retry = RetryPolicy()
  /// Waits between attempts to connect.
  public var reconnect = ClientBackoff.reconnect
  /// Limits of each connection.
  public var limits = ClientLimits()
  /// False: plain ttrpc 1.2, without the extensions that Patron's servers know. Then the server is
  /// not told of calls that are given up, and a dead network is noticed by deadlines only.
  public var extensions = true
  /// Makes jitter repeatable in tests; nil takes a random seed.
  public var seed: UInt64?

  /// The defaults for a target.
  public init(target: ClientTarget) { self.target = target }
}
