package import PatronStore
package import ProtobufC
package import TTRPC

/// The methods that a server serves, each with the lane that it runs in. The type of a handler's
/// context names the lane; a lane that contradicts the contract's idempotency level or streaming is
/// refused at start-up.
package struct Routes: Sendable {
  /// Decodes, admits and runs or queues a unary call, on the I/O thread.
  typealias Unary =
    @Sendable (
      RoutedCall, RawSpan, borrowing ServerCall, inout ResponseBuffer
    ) throws -> UnaryOutcome
  /// Decodes, admits and begins a streaming call, on the I/O thread.
  typealias Stream =
    @Sendable (RoutedCall, RawSpan, borrowing ServerCall, any ServerStream) throws -> Void

  enum Route: Sendable {
    case unary(Unary)
    case stream(Stream)
  }

  package private(set) var methods: [Method] = []
  private(set) var routes: [Route] = []
  /// The rules of the methods for the gate, by their index.
  private(set) var rules: [MethodRule] = []
  /// Reads the default country of a store's phone numbers; empty if the store has none.
  let defaultCountry: @Sendable (StoreReader) throws -> String

  package init(defaultCountry: @escaping @Sendable (StoreReader) throws -> String) {
    self.defaultCountry = defaultCountry
  }

  /// Runs `method` on the point lane. The handler appends the encoded response itself, so that
  /// stored records need not be decoded. Requests for which `runsLong` returns true run on the scan
  /// lane from the start, because they would exceed the budget of a point read anyway. So do those
  /// of a method with `audits`, when their row in the audit log is on disk.
  package mutating func point<Request: StoreRequest, Response: Message>(
    _ method: MethodDescriptor<Request, Response>,
    runsLong: (@Sendable (Request) -> Bool)? = nil,
    audits: (@Sendable (Request) -> AuditedRead)? = nil,
    _ handler: @escaping @Sendable (Request, ReadContext, inout ResponseBuffer) throws -> Void
  ) {
    requireReads(method.method, .unary)
    add(
      method.method,
      .unary { routed, payload, call, response in
        let request = try routed.decode(Request.self, payload)
        let context = try routed.admit(request, call)
        let audited = audits?(request)
        if audited != nil || runsLong?(request) == true {
          return try routed.router.lanes.readLong(
            request,
            handler,
            context.recorded(call.metadata),
            routed.token(of: call),
            payload.byteCount,
            audited: audited
          )
        }
        return try routed.router.lanes.read(
          request,
          handler,
          context,
          routed.token(of: call),
          payload.byteCount,
          call.metadata,
          &response
        )
      }
    )
  }

  /// Runs `method` on the write lane: `prepare` checks the request on the I/O thread, `apply` runs
  /// in a write transaction.
  package mutating func write<Request: StoreRequest, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request, CallContext) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> Void
  ) {
    addWrite(method, { request, context, _ in try prepare(request, context) }, apply)
  }

  /// Runs `method` on the write lane like the overload without `country`, for requests with phone
  /// numbers. If a number lacks a country and the request names none, `prepare` runs again with the
  /// store's default country.
  package mutating func write<Request: StoreRequest, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    country: any WritableKeyPath<Request, String> & Sendable,
    lacksCountry: @escaping @Sendable (Prepared) -> Bool = { _ in false },
    prepare: @escaping @Sendable (Request, CallContext) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> Void
  ) {
    let step = DefaultCountryStep(country: country, lacksCountry: lacksCountry, prepare: prepare)
    addWrite(
      method,
      { request, context, router in try step.prepare(request, context, router.countries) },
      apply
    )
  }

  private mutating func addWrite<Request: StoreRequest, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    _ prepare: @escaping @Sendable (Request, CallContext, Router) throws -> Prepared,
    _ apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> Void
  ) {
    requireWrites(method.method)
    add(
      method.method,
      .unary { routed, payload, call, _ in
        let request = try routed.decode(Request.self, payload)
        let context = try routed.admit(request, call)
        let load = WriteLoad(requestBytes: payload.byteCount)
        try routed.router.lanes.requireRoom(context, load)
        let prepared = try prepare(request, context, routed.router)
        try routed.router.lanes.write(
          context.recorded(call.metadata),
          load,
          routed.token(of: call)
        ) { write, response in try apply(prepared, write, &response) }
        return .pending
      }
    )
  }

  /// Runs `method` on the write lane, for requests with many items. Those of a large batch are
  /// checked in turns. Its writes are cut into pieces: `apply` appends the results of the items
  /// that its context allows, and returns the rest.
  package mutating func batch<Request: StoreRequest, Response: Message, Prepared: PreparedBatch>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request, CallContext) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) {
    addBatch(method, { request, context, _ in BatchCheck(try prepare(request, context)) }, apply)
  }

  /// Runs `method` on the write lane like the overload without `country`, for requests with phone
  /// numbers. They are read as by the overload of `write` with `country`.
  package mutating func batch<Request: StoreRequest, Response: Message, Prepared: PreparedBatch>(
    _ method: MethodDescriptor<Request, Response>,
    country: any WritableKeyPath<Request, String> & Sendable,
    prepare: @escaping @Sendable (Request, CallContext) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) {
    let step = DefaultCountryStep(
      country: country,
      lacksCountry: { $0.lacksCountry },
      prepare: prepare
    )
    addBatch(
      method,
      { request, context, router in try step.begin(request, context, router.countries) },
      apply
    )
  }

  private mutating func addBatch<Request: StoreRequest, Response, Prepared: PreparedBatch>(
    _ method: MethodDescriptor<Request, Response>,
    _ begin: @escaping @Sendable (Request, CallContext, Router) throws -> BatchCheck<Prepared>,
    _ apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) {
    requireWrites(method.method)
    add(
      method.method,
      .unary { routed, payload, call, _ in
        let request = try routed.decode(Request.self, payload)
        let context = try routed.admit(request, call).recorded(call.metadata)
        // Before the items are counted: a batch takes more memory than one write.
        let least = WriteLoad(requestBytes: payload.byteCount)
        try routed.router.lanes.requireRoom(context, least)
        let check = try begin(request, context, routed.router)
        context.principal.charge(furtherWrites: check.batch.extent.items - 1)
        try routed.router.lanes.writeBatch(
          check,
          context,
          payload.byteCount,
          routed.token(of: call),
          apply
        )
        return .pending
      }
    )
  }

  /// Runs `method` on the write lane, in as many transactions as `apply` and its further steps
  /// need. `apply` makes the response, which is sent after the last step.
  package mutating func steppedWrite<Request: StoreRequest, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request, CallContext) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) {
    requireWrites(method.method)
    add(
      method.method,
      .unary { routed, payload, call, _ in
        let request = try routed.decode(Request.self, payload)
        let context = try routed.admit(request, call)
        let prepared = try prepare(request, context)
        let load = WriteLoad(requestBytes: payload.byteCount)
        try routed.router.lanes.writeInSteps(
          context.recorded(call.metadata),
          load,
          routed.token(of: call)
        ) { write, response in try apply(prepared, write, &response) }
        return .pending
      }
    )
  }

  /// Runs `method` on the scan lane: `prepare` checks the request on the I/O thread, `run` sends
  /// the responses from a snapshot of its own. With `audits` the scan begins when its row in the
  /// audit log is on disk.
  package mutating func scan<Request: StoreRequest, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request, CallContext) throws -> Prepared,
    audits: (@Sendable (Prepared) -> AuditedRead)? = nil,
    run: @escaping @Sendable (Prepared, ReadContext, ScanStream) throws -> Void
  ) {
    requireReads(method.method, .serverStreaming)
    add(
      method.method,
      .stream { routed, payload, call, stream in
        let request = try routed.decode(Request.self, payload)
        let context = try routed.admit(request, call).recorded(call.metadata)
        let prepared = try prepare(request, context)
        let audited = audits?(prepared)
        try routed.router.lanes.scan(context, stream, payload.byteCount, audited: audited) {
          read,
          output in try run(prepared, read, output)
        }
      },
      isScan: true
    )
  }

  /// Runs `method` on the watch lane. `prepare` checks the request. `open` finds the start of the
  /// watch in a snapshot and returns the source that commits wake.
  package mutating func watch<Request: StoreRequest, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request, CallContext) throws -> Prepared,
    open: @escaping @Sendable (Prepared, WatchContext) throws -> some WatchSource
  ) {
    requireReads(method.method, .serverStreaming)
    add(
      method.method,
      .stream { routed, payload, call, stream in
        let request = try routed.decode(Request.self, payload)
        let context = try routed.admit(request, call).recorded(call.metadata)
        let prepared = try prepare(request, context)
        try routed.router.lanes.watches.open(context, stream) { try open(prepared, $0) }
      }
    )
  }

  /// Runs `method` beside the lanes: `prepare` checks the request on the I/O thread, `begin` starts
  /// work of the whole database, which reports to the stream and ends it.
  package mutating func operation<Request: StoreRequest, Response: Message, Prepared: Sendable>(
    _ method: MethodDescriptor<Request, Response>,
    prepare: @escaping @Sendable (Request, CallContext) throws -> Prepared,
    begin: @escaping @Sendable (Prepared, OperationContext) throws -> Void
  ) {
    precondition(
      method.method.kind == .serverStreaming && method.method.idempotency != .noSideEffects,
      "\(method.method) only reads or does not stream: it has a lane"
    )
    add(
      method.method,
      .stream { routed, payload, call, stream in
        let request = try routed.decode(Request.self, payload)
        let context = try routed.admit(request, call)
        let prepared = try prepare(request, context)
        try begin(prepared, routed.router.lanes.operation(context, stream))
      }
    )
  }

  private func requireReads(_ method: Method, _ kind: MethodKind) {
    precondition(
      method.kind == kind && method.idempotency == .noSideEffects,
      "\(method) changes something or streams otherwise: this lane only reads"
    )
  }

  private func requireWrites(_ method: Method) {
    precondition(
      method.kind == .unary && method.idempotency != .noSideEffects,
      "\(method) changes nothing or streams: the write lane is for changes"
    )
  }

  private mutating func add(_ method: Method, _ route: Route, isScan: Bool = false) {
    precondition(!methods.contains(method), "\(method) is registered twice")
    methods.append(method)
    routes.append(route)
    rules.append(MethodRule(of: method, isScan: isScan))
  }
}

extension RoutedCall {
  /// Decodes and checks the request.
  func decode<Request: Message>(
    _ type: Request.Type,
    _ payload: RawSpan
  ) throws -> Request {
    try Request(decoding: payload, arena: router.arena)
  }

  /// Makes the context of the request in its store, and passes it through the interceptors.
  func admit(
    _ request: some StoreRequest,
    _ call: borrowing ServerCall
  ) throws(RPCError) -> CallContext {
    var context = try router.context(
      of: self,
      request.storeID,
      needsStore: type(of: request).needsStore,
      call
    )
    context.usesReserve = type(of: request).usesReserve
    return context
  }

  /// Returns the token that identifies the call in the lanes.
  func token(of call: borrowing ServerCall) -> ReplyToken { ReplyToken(call.target, method) }
}
