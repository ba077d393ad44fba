/// The limits that one client connection applies to itself and to its server.
public struct ClientLimits: Sendable, Hashable {
  /// The largest request frame, in bytes: message, names and metadata. A lower limit that the
  /// server announces applies instead.
  public var requestBytes = FrameHeader.protocolMaxLength
  /// The largest response frame that is accepted, in bytes. A larger one fails its call with
  /// RESOURCE_EXHAUSTED; the connection lives.
  public var responseBytes = FrameHeader.protocolMaxLength
  /// The most calls in flight on one connection.
  public var callsInFlight = 10_000
  /// The most messages of one stream that wait for their reader. At the limit the socket is not
  /// read.
  public var queuedMessages = 64
  /// The most bytes of one stream that wait for their reader. At the limit the socket is not read.
  public var queuedBytes = 1 << 20
  /// The time for which one full stream may hold up other calls of the connection. Then it fails
  /// with RESOURCE_EXHAUSTED. Full streams are not limited while no other call waits.
  public var stallTimeout = Duration.seconds(10)
  /// The highest stream id before the connection drains and another one takes over. The protocol
  /// has 2^31 ids.
  public var lastStreamID: UInt32 = 1 << 30
  /// The silence after which a connection with calls sends a PING: at least 10 s, nil for never.
  /// Sent only to servers that have announced that they answer.
  public var keepaliveInterval: Duration? = .seconds(30) {
    didSet { keepaliveInterval = keepaliveInterval.map { max($0, ClientLimits.minKeepalive) } }
  }
  /// The time that the answer to a PING may take before the connection is closed.
  public var keepaliveTimeout = Duration.seconds(20)

  /// The shortest interval between PINGs. Servers may treat more frequent ones as an attack.
  public static let minKeepalive = Duration.seconds(10)

  /// Creates the default limits.
  public init() {}
}
