package import TTRPC

/// A call as a handler of an ``AsyncService`` sees it.
package struct AsyncCall: Sendable {
  /// The address of the call: its connection and stream id.
  package let target: ReplyTarget
  /// The time at which the caller stops waiting, or nil if it set no deadline.
  package let deadline: ContinuousClock.Instant?
  /// The metadata of the request.
  package let metadata: Metadata
  /// The client at the other end of the connection.
  package let peer: Peer
}

/// Methods written as `async` functions over encoded messages: for services off the hot path, such
/// as tests, health watches and extensions.
///
///     var service = AsyncService()
///     service.unary(echo) { request, call in request }
///     AsyncDispatcher(service, loop: loop)
package struct AsyncService: Sendable {
  /// The handler of a unary call: takes the encoded request, returns the encoded response.
  package typealias Unary = @Sendable ([UInt8], AsyncCall) async throws(RPCError) -> [UInt8]
  /// The handler of a client-streaming call: returns the one encoded response.
  package typealias ClientStreaming =
    @Sendable (RequestStream, AsyncCall) async throws(RPCError) ->
    [UInt8]
  /// The handler of a server-streaming call: sends its responses to the sink.
  package typealias ServerStreaming =
    @Sendable ([UInt8], ResponseSink, AsyncCall)
    async throws(RPCError) -> Void
  /// The handler of a bidirectional call: sends its responses to the sink.
  package typealias Bidirectional =
    @Sendable (RequestStream, ResponseSink, AsyncCall)
    async throws(RPCError) -> Void

  enum Handler: Sendable {
    case unary(Unary)
    case clientStreaming(ClientStreaming)
    case serverStreaming(ServerStreaming)
    case bidirectional(Bidirectional)
  }

  private(set) var methods: [Method] = []
  private(set) var handlers: [Handler] = []

  /// Creates a service without methods.
  package init() {}

  /// Adds a unary method.
  package mutating func unary(_ method: Method, _ body: @escaping Unary) {
    add(method, .unary, .unary(body))
  }

  /// Adds a method whose client streams.
  package mutating func clientStreaming(_ method: Method, _ body: @escaping ClientStreaming) {
    add(method, .clientStreaming, .clientStreaming(body))
  }

  /// Adds a method whose server streams.
  package mutating func serverStreaming(_ method: Method, _ body: @escaping ServerStreaming) {
    add(method, .serverStreaming, .serverStreaming(body))
  }

  /// Adds a method whose client and server stream.
  package mutating func bidirectional(_ method: Method, _ body: @escaping Bidirectional) {
    add(method, .bidirectionalStreaming, .bidirectional(body))
  }

  private mutating func add(_ method: Method, _ kind: MethodKind, _ handler: Handler) {
    precondition(method.kind == kind, "\(method) is \(method.kind), not \(kind)")
    methods.append(method)
    handlers.append(handler)
  }
}
