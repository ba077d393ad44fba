/// The settings of one call.
public struct CallOptions: Sendable {
  /// The time for the whole call, retries included. Nil takes the client's default.
  public var timeout: Duration?
  /// The metadata sent with the request. Keys are lower-cased.
  public var metadata: Metadata
  /// False turns retries off for this call.
  public var retries: Bool
  /// True when the request carries a `request_id`, so that a method of unknown idempotency may be
  /// repeated.
  public var hasRequestID: Bool

  /// Creates options; the defaults allow retries and send no metadata.
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

/// The interface that generated stubs call: a client of any transport. Payloads are encoded
/// messages.
public protocol ClientChannel: Sendable {
  /// Makes a unary call and returns the encoded response. Cancelling the task cancels the call.
  func unary(_ method: Method, _ request: [UInt8], _ options: CallOptions) async throws(RPCError)
    -> [UInt8]

  /// Opens a streaming call. For server-streaming methods `request` is the one request.
  func stream(_ method: Method, _ request: [UInt8]?, _ options: CallOptions) async throws(RPCError)
    -> any ClientStream
}

/// A streaming call as its caller sees it.
public protocol ClientStream: AnyObject, Sendable {
  /// Sends one request message; waits while the outbound queue is full.
  func send(_ message: [UInt8]) async throws(RPCError)
  /// Closes the sending side.
  func finishSending() async throws(RPCError)
  /// Returns the next response message, or nil after a successful end; throws if the call failed.
  func next() async throws(RPCError) -> [UInt8]?
  /// Cancels the call; sends CANCEL if the peer knows it. Does nothing after the end of the call.
  func cancel()
}
