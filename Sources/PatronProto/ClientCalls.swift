public import ProtobufC
public import TTRPC

// What generated client stubs call: messages in, messages out, on a channel that moves bytes.

extension ClientChannel {
  /// Makes a unary call.
  public func call<Request: Message, Response: Message>(
    _ method: MethodDescriptor<Request, Response>,
    _ request: Request,
    _ options: CallOptions
  ) async throws(RPCError) -> Response {
    let bytes = try RPCError.encoding(request, for: method.method)
    return try RPCError.decoding(try await unary(method.method, bytes, options), of: method.method)
  }

  /// Opens a call with one request and many responses.
  public func openStream<Request: Message, Response: Message>(
    _ method: MethodDescriptor<Request, Response>,
    _ request: Request,
    _ options: CallOptions
  ) async throws(RPCError) -> MessageStream<Response> {
    let bytes = try RPCError.encoding(request, for: method.method)
    return MessageStream(try await stream(method.method, bytes, options), method.method)
  }

  /// Opens a call with many requests and one response.
  public func openUpload<Request: Message, Response: Message>(
    _ method: MethodDescriptor<Request, Response>,
    _ options: CallOptions
  ) async throws(RPCError) -> UploadCall<Request, Response> {
    UploadCall(try await stream(method.method, nil, options), method.method)
  }

  /// Opens a call with many requests and many responses.
  public func openDuplex<Request: Message, Response: Message>(
    _ method: MethodDescriptor<Request, Response>,
    _ options: CallOptions
  ) async throws(RPCError) -> DuplexCall<Request, Response> {
    DuplexCall(try await stream(method.method, nil, options), method.method)
  }
}

extension CallOptions {
  /// The same options; with a `request_id` that is not empty the call may be repeated.
  public func identified(by requestID: String) -> CallOptions {
    var options = self
    if !requestID.isEmpty { options.hasRequestID = true }
    return options
  }
}

/// The responses of a server-streaming call. Iterate once. Leaving the loop early leaves the call
/// open: ``cancel()`` ends it.
public struct MessageStream<Response: Message>: AsyncSequence, Sendable {
  /// One response.
  public typealias Element = Response
  /// How the call may end.
  public typealias Failure = RPCError

  private let stream: any ClientStream
  private let method: Method

  init(_ stream: any ClientStream, _ method: Method) {
    self.stream = stream
    self.method = method
  }

  /// Gives the call up. Harmless after the end.
  public func cancel() { stream.cancel() }

  /// Starts to read.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(stream: stream, method: method)
  }

  /// Reads one response after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: any ClientStream
    let method: Method

    /// The next response, or nil when the call has ended well.
    public mutating func next() async throws(RPCError) -> Response? {
      try await next(isolation: nil)
    }

    /// The next response, or nil when the call has ended well.
    public mutating func next(isolation actor: isolated (any Actor)?)
      async throws(RPCError)
      -> Response?
    {
      guard let bytes = try await stream.next() else { return nil }
      do {
        return try RPCError.decoding(bytes, of: method)
      } catch {
        stream.cancel()
        throw error
      }
    }
  }
}

/// A client-streaming call.
public struct UploadCall<Request: Message, Response: Message>: Sendable {
  private let stream: any ClientStream
  private let method: Method

  init(_ stream: any ClientStream, _ method: Method) {
    self.stream = stream
    self.method = method
  }

  /// Sends one request; waits while the outbound queue is full.
  public func send(_ request: Request) async throws(RPCError) {
    try await stream.send(try RPCError.encoding(request, for: method))
  }

  /// Says that there are no more requests and waits for the response.
  public func finish() async throws(RPCError) -> Response {
    try await stream.finishSending()
    guard let bytes = try await stream.next() else {
      throw RPCError(code: .internal, message: "\(method) ended without a response")
    }
    return try RPCError.decoding(bytes, of: method)
  }

  /// Gives the call up. Harmless after the end.
  public func cancel() { stream.cancel() }
}

/// A bidirectional call.
public struct DuplexCall<Request: Message, Response: Message>: Sendable {
  private let stream: any ClientStream
  private let method: Method

  init(_ stream: any ClientStream, _ method: Method) {
    self.stream = stream
    self.method = method
  }

  /// Sends one request; waits while the outbound queue is full.
  public func send(_ request: Request) async throws(RPCError) {
    try await stream.send(try RPCError.encoding(request, for: method))
  }

  /// Says that there are no more requests. Responses may still come.
  public func finishSending() async throws(RPCError) { try await stream.finishSending() }

  /// The responses. Iterate once.
  public var responses: MessageStream<Response> { MessageStream(stream, method) }

  /// Gives the call up. Harmless after the end.
  public func cancel() { stream.cancel() }
}

extension RPCError {
  /// The encoded request, or INVALID_ARGUMENT.
  static func encoding<Request: Message>(_ request: Request, for method: Method)
    throws(RPCError) -> [UInt8]
  {
    do {
      return try request.encoded()
    } catch {
      throw RPCError(code: .invalidArgument, message: "request of \(method): \(error)")
    }
  }

  /// The decoded response, or INTERNAL.
  static func decoding<Response: Message>(_ bytes: [UInt8], of method: Method)
    throws(RPCError) -> Response
  {
    do {
      return try Response(decoding: bytes)
    } catch {
      throw RPCError(code: .internal, message: "response of \(method): \(error)")
    }
  }
}
