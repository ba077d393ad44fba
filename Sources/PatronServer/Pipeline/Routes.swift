package import PatronStore
package import ProtobufC
package import TTRPC

/// Which method runs where. The type of a handler's context says in which lane it runs; a lane that
/// contradicts what the contract says of the method is refused at start-up.
package struct Routes: Sendable {
  /// Runs a lookup on a read transaction and appends the response.
  package typealias Point =
    @Sendable (UnsafeRawBufferPointer, borrowing Arena, ReadContext, inout ResponseBuffer) throws ->
    Void
  /// Decodes and checks a request on the I/O thread; what it returns runs on the writer's thread
  /// and returns the encoded response.
  package typealias Write = @Sendable (UnsafeRawBufferPointer, borrowing Arena) throws -> WriteWork
  package typealias WriteWork = @Sendable (WriteContext) throws -> [UInt8]

  /// The same for a write that may take more than one transaction.
  package typealias Stepped =
    @Sendable (UnsafeRawBufferPointer, borrowing Arena) throws -> SteppedWrite.First

  /// Decodes and checks a request on the I/O thread; what it returns runs on a scan thread and
  /// sends encoded responses.
  package typealias Scan = @Sendable (UnsafeRawBufferPointer, borrowing Arena) throws -> ScanWork
  package typealias ScanWork = @Sendable (ReadContext, ScanStream) throws -> Void

  /// Decodes and checks a request; what it returns finds, in a snapshot, where the subscription
  /// begins. Both run on the I/O thread.
  package typealias Feed = @Sendable (UnsafeRawBufferPointer, borrowing Arena) throws -> FeedWork
  package typealias FeedWork = @Sendable (FeedContext) throws -> any FeedSubscription

  /// How one method runs.
  package enum Route: Sendable {
    case point(Point)
    case write(Write)
    case stepped(Stepped)
    case scan(Scan)
    case feed(Feed)
  }

  private(set) var methods: [Method] = []
  package private(set) var routes: [Route] = []

  package init() {}

  /// Runs `method` on the point lane. The handler appends the encoded response itself, so that
  /// stored records need not be decoded.
  package mutating func point<Request: Message, Response: Message>(
    _ method: MethodDescriptor<Request, Response>,
    _ handler: @escaping @Sendable (Request, ReadContext, inout ResponseBuffer) throws -> Void
  ) {
    precondition(
      method.method.kind == .unary && method.method.idempotency == .noSideEffects,
      "\(method.method) changes something or streams: the point lane only reads"
    )
    add(
      method.method,
      .point { payload, arena, context, response in
        try handler(try Request(decoding: payload, arena: arena), context, &response)
      }
    )
  }

  /// Runs `method` on the write lane: `prepare` checks the request where it arrives, `apply` runs
  /// in a write transaction.
  package mutating func write<Request: Message, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> Void
  ) {
    precondition(
      method.method.kind == .unary && method.method.idempotency != .noSideEffects,
      "\(method.method) changes nothing or streams: the write lane is for changes"
    )
    add(
      method.method,
      .write { payload, arena in
        let prepared = try prepare(try Request(decoding: payload, arena: arena))
        return { context in
          var response = ResponseBuffer(capacity: 1024)
          try apply(prepared, context, &response)
          return response.takeBytes()
        }
      }
    )
  }

  /// Runs `method` on the write lane in as many transactions as `apply` and the steps that it
  /// leaves need. The response is made by `apply`, and sent after the last step.
  package mutating func steppedWrite<Request: Message, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) {
    precondition(
      method.method.kind == .unary && method.method.idempotency != .noSideEffects,
      "\(method.method) changes nothing or streams: the write lane is for changes"
    )
    add(
      method.method,
      .stepped { payload, arena in
        let prepared = try prepare(try Request(decoding: payload, arena: arena))
        return { context in
          var response = ResponseBuffer(capacity: 1024)
          let next = try apply(prepared, context, &response)
          return (response.takeBytes(), next)
        }
      }
    )
  }

  /// Runs `method` on the scan lane: `prepare` checks the request where it arrives, `run` sends the
  /// responses from a snapshot of its own.
  package mutating func scan<Request: Message, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request) throws -> Prepared,
    run: @escaping @Sendable (Prepared, ReadContext, ScanStream) throws -> Void
  ) {
    precondition(
      method.method.kind == .serverStreaming && method.method.idempotency == .noSideEffects,
      "\(method.method) changes something or does not stream: the scan lane reads streams"
    )
    add(
      method.method,
      .scan { payload, arena in
        let prepared = try prepare(try Request(decoding: payload, arena: arena))
        return { context, stream in try run(prepared, context, stream) }
      }
    )
  }

  /// Runs `method` on the feed lane: `prepare` checks the request, `open` finds where the
  /// subscription begins, and commits wake what it returns.
  package mutating func feed<Request: Message, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request) throws -> Prepared,
    open: @escaping @Sendable (Prepared, FeedContext) throws -> some FeedSubscription
  ) {
    precondition(
      method.method.kind == .serverStreaming && method.method.idempotency == .noSideEffects,
      "\(method.method) changes something or does not stream: the feed lane reads streams"
    )
    add(
      method.method,
      .feed { payload, arena in
        let prepared = try prepare(try Request(decoding: payload, arena: arena))
        return { context in try open(prepared, context) }
      }
    )
  }

  private mutating func add(_ method: Method, _ route: Route) {
    precondition(!methods.contains(method), "\(method) is registered twice")
    methods.append(method)
    routes.append(route)
  }
}
