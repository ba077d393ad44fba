/// What a caller may set for one call.
public struct CallOptions: Sendable {
  /// Time for the whole call, retries included. nil takes the client's default.
  public var timeout: Duration?
  /// Sent with the request. Keys are lower-cased.
  public var metadata: Metadata
  /// False turns retries off for this call.
  public var retries: Bool
  /// True when the request carries a `request_id`, so that a method of unknown idempotency may be
  /// repeated.
  public var hasRequestID: Bool

  /// Options for one call.
  public init(
    timeout: Duration? = nil,
    metadata: Metadata = Metadata(),
    retries: Bool = true,
    hasRequestID: Bool = false
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.retries = retries
    self.hasRequestID = hasRequestID
  }
}

/// What generated stubs call: a client of any transport. Payloads are encoded messages.
public protocol ClientChannel: Sendable {
  /// Makes a unary call. Cancelling the task cancels the call.
  func unary(_ method: Method, _ request: [UInt8], _ options: CallOptions) async throws(RPCError)
    -> [UInt8]

  /// Opens a streaming call. For server-streaming methods `request` is the one request.
  func stream(_ method: Method, _ request: [UInt8]?, _ options: CallOptions) async throws(RPCError)
    -> any ClientStream
}

/// One streaming call as its caller sees it.
public protocol ClientStream: AnyObject, Sendable {
  /// Sends one request message; waits while the outbound queue is full.
  func send(_ message: [UInt8]) async throws(RPCError)
  /// Closes the sending side.
  func finishSending() async throws(RPCError)
  /// The next response message, or nil when the call has ended well.
  func next() async throws(RPCError) -> [UInt8]?
  /// Gives the call up: sends CANCEL where the peer knows it. Harmless after the end.
  func cancel()
}
