package import TTRPC

/// What a handler of an ``AsyncService`` knows about its call.
package struct AsyncCall: Sendable {
  /// Names the call.
  package let target: ReplyTarget
  /// When the caller stops waiting.
  package let deadline: ContinuousClock.Instant?
  /// What the caller sent along.
  package let metadata: Metadata
  /// Who is calling.
  package let peer: Peer
}

/// Methods written as `async` functions over encoded messages: for services that are not on a hot
/// path, such as tests, health watches and other people's extensions.
///
///     var service = AsyncService()
///     service.unary(echo) { request, call in request }
///     AsyncDispatcher(service, loop: loop)
package struct AsyncService: Sendable {
  /// Runs a unary call.
  package typealias Unary = @Sendable ([UInt8], AsyncCall) async throws(RPCError) -> [UInt8]
  /// Runs a client-streaming call.
  package typealias ClientStreaming =
    @Sendable (RequestStream, AsyncCall) async throws(RPCError) ->
    [UInt8]
  /// Runs a server-streaming call.
  package typealias ServerStreaming =
    @Sendable ([UInt8], ResponseSink, AsyncCall)
    async throws(RPCError) -> Void
  /// Runs a bidirectional call.
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

  /// A service without methods.
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

  /// Adds a method of which both sides stream.
  package mutating func bidirectional(_ method: Method, _ body: @escaping Bidirectional) {
    add(method, .bidirectionalStreaming, .bidirectional(body))
  }

  private mutating func add(_ method: Method, _ kind: MethodKind, _ handler: Handler) {
    precondition(method.kind == kind, "\(method) is \(method.kind), not \(kind)")
    methods.append(method)
    handlers.append(handler)
  }
}
