package import TTRPC

/// The settings of a ``TTRPCClient``.
package struct ClientConfiguration: Sendable {
  /// The rule that spreads calls over several connections.
  package enum Balancing: Sendable, Hashable {
    /// The connection with the fewest calls in flight.
    case leastLoaded
    /// Each connection in turn.
    case roundRobin
  }

  /// The address of the server.
  package var target: ClientTarget
  /// The TLS of connections to hosts. Nil: none, or with the system's CAs for `tls://` targets. Unix
  /// sockets are never encrypted.
  package var tls: ClientTLS?
  /// The number of connections for unary calls, and as many again for streams. They are opened at
  /// their first use.
  package var connections = 1
  /// The rule that spreads calls over the connections.
  package var balancing = Balancing.leastLoaded
  /// The longest time that one attempt to connect may take, TLS handshake included.
  package var connectTimeout = Duration.seconds(10)
  /// The deadline of unary calls whose options name none.
  package var defaultTimeout = Duration.seconds(30)
  /// The deadline of streaming calls whose options name none: an hour; nil for none.
  package var defaultStreamTimeout: Duration? = .seconds(3600)
  /// True: a call waits for a connection until its deadline. False: it fails with UNAVAILABLE if
  /// the server cannot be reached.
  package var waitForReady = false
  /// The policy for retries.
  package var retry = RetryPolicy()
  /// The waits between attempts to connect.
  package var reconnect = ClientBackoff.reconnect
  /// The limits of each connection.
  package var limits = ClientLimits()
  /// Pairs that every call carries, such as `authorization`. A call's own metadata replaces pairs
  /// of the same key.
  package var metadata = Metadata()
  /// A unary method that takes an empty request, such as a health check; nil for none. Servers
  /// accept small requests only until they know the caller by ``metadata``, so the client calls
  /// this method first if the first request of a connection is large.
  package var greeting: Method?
  /// False: plain ttrpc 1.2, without the extensions that Patron's servers know. Then the server is
  /// not notified of cancelled calls, and only deadlines detect a dead network.
  package var extensions = true
  /// The seed of the jitter, for repeatable tests; nil takes a random seed.
  package var seed: UInt64?

  /// Creates the default settings for a target.
  package init(target: ClientTarget) { self.target = target }
}
