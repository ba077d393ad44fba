/// What one client connection allows itself and its server.
public struct ClientLimits: Sendable, Hashable {
  /// The largest request frame, in bytes: message, names and metadata. A server that announces
  /// less is respected.
  public var requestBytes = FrameHeader.protocolMaxLength
  /// The largest response frame that is accepted, in bytes. A larger one fails its call with
  /// RESOURCE_EXHAUSTED; the connection lives.
  public var responseBytes = FrameHeader.protocolMaxLength
  /// Calls in flight on one connection.
  public var callsInFlight = 10_000
  /// Messages of one stream that may wait for their reader; with more, the socket is not read.
  public var queuedMessages = 64
  /// Bytes of one stream that may wait for their reader; with more, the socket is not read.
  public var queuedBytes = 1 << 20
  /// How long one full stream may hold up other calls of the connection before it is failed with
  /// RESOURCE_EXHAUSTED. A stream that is alone may stay full.
  public var stallTimeout = Duration.seconds(10)
  /// Once stream ids pass this number no call is started and another connection takes over. There
  /// are 2^31 of them.
  public var lastStreamID: UInt32 = 1 << 30
  /// How long a connection with calls may be silent before a PING is sent; at least 10 s, nil for
  /// never. Sent to servers only that have shown that they answer.
  public var keepaliveInterval: Duration? = .seconds(30) {
    didSet { keepaliveInterval = keepaliveInterval.map { max($0, ClientLimits.leastKeepalive) } }
  }
  /// How long the answer to a PING may take before the connection is given up.
  public var keepaliveTimeout = Duration.seconds(20)

  /// Servers take more frequent PINGs for an attack.
  public static let leastKeepalive = Duration.seconds(10)

  /// The defaults.
  public init() {}
}
