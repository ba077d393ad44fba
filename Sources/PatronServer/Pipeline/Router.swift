package import Logging
internal import PatronModel
package import PatronStore
internal import ProtobufC
package import TTRPC

/// The way of every call from the transport to its lane: method → ``Gate`` → decode → store →
/// ``CallContext`` → interceptors → prepare → lane. There is one for each I/O loop, used on that
/// loop only.
package final class Router: CallDispatcher {
  /// Every method of the routes.
  package let methods: [Method]
  private let routes: [Routes.Route]
  private let rules: [MethodRule]
  private let gate: Gate
  private let callers: LoopCallers?
  private let interceptors: [any Interceptor]
  private let clock: WallClock
  /// The errors of each method, by its index.
  private let errors: [CallErrors]
  let lanes: Lanes
  let countries: DefaultCountries
  /// The memory in which requests are decoded, reset for each request.
  let arena = Arena(limit: 0)
  private var nextCall = UInt64.random(in: .min ... .max)

  /// Creates the router of `loop`. Call it on that loop.
  ///
  /// - Parameters:
  ///   - watches: The hub that the commit observer of `store` informs. All loops share it.
  ///   - limits: The limits of the server that the router belongs to.
  ///   - gate: The gate of that server.
  ///   - clock: The clock that dates calls and the steps of long writes.
  ///   - log: The log of unexpected errors and of the ends of scans.
  ///   - slowCalls: The log of slow calls.
  package init(
    _ routes: Routes,
    store: Store,
    watches: WatchHub,
    loop: any ServerLoop,
    limits: Limits = Limits(),
    gate: Gate = .open,
    interceptors: [any Interceptor] = [],
    clock: WallClock,
    log: Logger,
    slowCalls: SlowCallLog? = nil
  ) throws {
    methods = routes.methods
    self.routes = routes.routes
    rules = routes.rules
    self.gate = gate
    self.interceptors = interceptors
    self.clock = clock
    errors = routes.methods.map { CallErrors(method: $0, log: log) }
    lanes = try Lanes(
      store,
      watches,
      loop,
      errors,
      limits,
      clock: clock,
      slowCalls
    )
    countries = DefaultCountries(lanes.reader, store, routes.defaultCountry)
    if let ring = gate.ring {
      callers = LoopCallers(ring, clock, lanes.loop)
      // A connection may have proved who it is by a health check alone.
      if gate.mode == .keys { callers?.watch() }
    } else {
      callers = nil
    }
  }

  /// Runs a unary call.
  package func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    let id = makeCallID()
    call.session.callID = id.number
    var keyID: KeyID?
    do {
      guard case .unary(let route) = routes[method] else { throw RPCError.internalError }
      let routed = try admit(method, id, payload, call)
      keyID = routed.caller.principal.keyID
      arena.reset(limit: Arena.decodingLimit(payload: payload.byteCount))
      return try route(routed, payload, call, &response)
    } catch {
      let marks = CallMarks(id: id, keyID: keyID, trace: TraceID(in: call.metadata))
      return .failed(errors[method].status(of: error, marks))
    }
  }

  /// Runs a streaming call.
  package func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    let id = makeCallID()
    call.session.callID = id.number
    var keyID: KeyID?
    do {
      guard case .stream(let route) = routes[method] else { throw RPCError.internalError }
      let routed = try admit(method, id, payload, call)
      keyID = routed.caller.principal.keyID
      arena.reset(limit: Arena.decodingLimit(payload: payload.byteCount))
      try route(routed, payload, call, stream)
    } catch {
      let marks = CallMarks(id: id, keyID: keyID, trace: TraceID(in: call.metadata))
      stream.finish(errors[method].status(of: error, marks))
    }
  }

  /// Drops the queued work of an abandoned call. A write that has begun still finishes.
  package func abandoned(_ target: ReplyTarget, _ reason: RPCError) { lanes.abandon(target) }

  /// Passes a call through the gate.
  private func admit(
    _ method: Int,
    _ id: CallID,
    _ payload: RawSpan,
    _ call: borrowing ServerCall
  ) throws(RPCError) -> RoutedCall {
    let now = clock.now()
    let bytes = payload.byteCount
    let caller = try gate.admit(rules[method], bytes: bytes, call, at: now)
    if caller.principal.standing != nil { callers?.watch() }
    return RoutedCall(router: self, method: method, id: id, now: now, caller: caller, bytes: bytes)
  }

  /// Makes the context of a decoded request in its store and passes it through the interceptors.
  func context(
    of routed: RoutedCall,
    _ storeID: String,
    needsStore: Bool,
    _ call: borrowing ServerCall
  ) throws(RPCError) -> CallContext {
    let method = routed.method
    let entered = try gate.enter(
      storeID,
      routed.caller,
      rules[method],
      (needsStore, routed.bytes),
      call,
      at: routed.now
    )
    var context = CallContext(
      principal: entered.principal,
      store: entered.store,
      peer: call.peer,
      deadline: call.deadline,
      answers: call.answers,
      id: routed.id,
      now: routed.now,
      errors: errors[method]
    )
    context.onBehalfOf = try CallContext.onBehalfOf(in: call.metadata)
    if !interceptors.isEmpty {
      for interceptor in interceptors { try interceptor.intercept(&context, call) }
    }
    return context
  }

  private func makeCallID() -> CallID {
    nextCall &+= 1
    return CallID(nextCall)
  }
}

/// A call with its place in the routes, before it has a context.
struct RoutedCall {
  let router: Router
  let method: Int
  let id: CallID
  /// The time of the call, in microseconds since 1970 UTC.
  let now: Int64
  /// The caller, as the gate has verified it.
  let caller: CallerSession
  /// The length of the request, in bytes.
  let bytes: Int
}

extension StoreID {
  /// Returns the store that a request names.
  package static func named(_ name: String) throws(RPCError) -> StoreID {
    guard let store = StoreID(name) else {
      throw .invalid(
        "store_id",
        "STORE_ID_MALFORMED",
        "A store id has 1 to \(maxLength) characters of a-z, 0-9, _ and -; "
          + "leave it empty for the store `default`."
      )
    }
    return store
  }
}
