import TTRPC

/// A call as a handler of an ``AsyncService`` sees it.
struct AsyncCall: Sendable {
  let target: ReplyTarget
  let deadline: ContinuousClock.Instant?
  let metadata: Metadata
  let peer: Peer
}

/// Methods of a test service, written as `async` functions over encoded messages.
///
///     var service = AsyncService()
///     service.unary(echo) { request, call in request }
///     AsyncDispatcher(service, loop: loop)
struct AsyncService: Sendable {
  typealias Unary = @Sendable ([UInt8], AsyncCall) async throws(RPCError) -> [UInt8]
  typealias ClientStreaming =
    @Sendable (RequestStream, AsyncCall) async throws(RPCError) ->
    [UInt8]
  typealias ServerStreaming =
    @Sendable ([UInt8], ResponseSink, AsyncCall)
    async throws(RPCError) -> Void
  typealias Bidirectional =
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

  mutating func unary(_ method: Method, _ body: @escaping Unary) {
    add(method, .unary, .unary(body))
  }

  mutating func clientStreaming(_ method: Method, _ body: @escaping ClientStreaming) {
    add(method, .clientStreaming, .clientStreaming(body))
  }

  mutating func serverStreaming(_ method: Method, _ body: @escaping ServerStreaming) {
    add(method, .serverStreaming, .serverStreaming(body))
  }

  mutating func bidirectional(_ method: Method, _ body: @escaping Bidirectional) {
    add(method, .bidirectionalStreaming, .bidirectional(body))
  }

  private mutating func add(_ method: Method, _ kind: MethodKind, _ handler: Handler) {
    precondition(method.kind == kind, "\(method) is \(method.kind), not \(kind)")
    methods.append(method)
    handlers.append(handler)
  }
}
