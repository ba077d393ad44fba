public import ProtobufC
public import TTRPC

// The calls of generated client stubs: typed messages on a channel that moves bytes.

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
  /// Returns the same options. With a `request_id` that is not empty, the call may be retried.
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
  /// The error with which the call may end.
  public typealias Failure = RPCError

  private let stream: any ClientStream
  private let method: Method

  init(_ stream: any ClientStream, _ method: Method) {
    self.stream = stream
    self.method = method
  }

  /// Cancels the call. Does nothing after the end.
  public func cancel() { stream.cancel() }

  /// Creates an iterator over the responses. Create only one.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(stream: stream, method: method)
  }

  /// An iterator over the responses, in the order of their arrival.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: any ClientStream
    let method: Method

    /// Returns the next response, or nil after the call ended without an error.
    public mutating func next() async throws(RPCError) -> Response? {
      try await next(isolation: nil)
    }

    /// Returns the next response, or nil after the call ended without an error.
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

  /// Ends the requests and waits for the response.
  public func finish() async throws(RPCError) -> Response {
    try await stream.finishSending()
    guard let bytes = try await stream.next() else {
      throw RPCError(code: .internal, message: "\(method) ended without a response")
    }
    return try RPCError.decoding(bytes, of: method)
  }

  /// Cancels the call. Does nothing after the end.
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

  /// Ends the requests. More responses may arrive.
  public func finishSending() async throws(RPCError) { try await stream.finishSending() }

  /// The responses. Iterate once.
  public var responses: MessageStream<Response> { MessageStream(stream, method) }

  /// Cancels the call. Does nothing after the end.
  public func cancel() { stream.cancel() }
}

extension RPCError {
  /// Encodes a request, or throws INVALID_ARGUMENT.
  static func encoding<Request: Message>(_ request: Request, for method: Method)
    throws(RPCError) -> [UInt8]
  {
    do {
      return try request.encoded()
    } catch {
      throw RPCError(code: .invalidArgument, message: "request of \(method): \(error)")
    }
  }

  /// Decodes a response, or throws INTERNAL.
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
