package import TTRPC

/// What a ``TTRPCClient`` needs to know.
package struct ClientConfiguration: Sendable {
  /// How calls are spread over several connections.
  package enum Balancing: Sendable, Hashable {
    /// The connection with the fewest calls in flight.
    case leastLoaded
    /// One after the other.
    case roundRobin
  }

  /// Where to connect.
  package var target: ClientTarget
  /// Connections for unary calls, and as many for streams, opened when they are first used.
  package var connections = 1
  /// How calls are spread over the connections.
  package var balancing = Balancing.leastLoaded
  /// Time for making one connection.
  package var connectTimeout = Duration.seconds(10)
  /// The deadline of unary calls whose options name none.
  package var defaultTimeout = Duration.seconds(30)
  /// The deadline of streaming calls whose options name none: an hour; nil for none.
  package var defaultStreamTimeout: Duration? = .seconds(3600)
  /// True: a call waits for a connection until its deadline. False: it fails with UNAVAILABLE when
  /// the server cannot be reached.
  package var waitForReady = false
  /// Which calls are repeated.
  package var retry = RetryPolicy()
  /// Waits between attempts to connect.
  package var reconnect = ClientBackoff.reconnect
  /// Limits of each connection.
  package var limits = ClientLimits()
  /// False: plain ttrpc 1.2, without the extensions that Patron's servers know. Then the server is
  /// not told of calls that are given up, and a dead network is noticed by deadlines only.
  package var extensions = true
  /// Makes jitter repeatable in tests; nil takes a random seed.
  package var seed: UInt64?

  /// The defaults for a target.
  package init(target: ClientTarget) { self.target = target }
}
