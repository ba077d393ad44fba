package import PatronStore
internal import ProtobufC
package import TTRPC

/// Runs calls on the store's lanes. There is one for each I/O loop; it is used on that loop only.
///
/// `feeds` is the same for all loops, and the store's `commitObserver` tells it of commits.
package final class LaneDispatcher: CallDispatcher {
  /// Every method of the contract.
  package let methods: [Method]
  private let routes: [Routes.Route]
  private let store: Store
  private let replies: LoopReplies
  private let reader: PointReader
  private let feeds: LoopFeeds
  private let loop: LoopHandle
  /// By method.
  private let errors: [CallErrors]
  /// The largest message that the server sends.
  private let mostAnswerBytes: Int
  private let arena = Arena(limit: 0)

  /// A dispatcher for `loop`, called on it. `limits` are those of the server that it belongs to.
  /// `onUnexpectedError` may be called from any thread.
  package init(
    routes: Routes,
    store: Store,
    feeds: FeedHub,
    loop: any ServerLoop,
    limits: Limits = Limits(),
    onUnexpectedError: @escaping @Sendable (UnexpectedError) -> Void = { _ in }
  ) throws {
    self.methods = routes.methods
    self.errors = routes.methods.map { CallErrors(method: $0, report: onUnexpectedError) }
    self.mostAnswerBytes = limits.answerBytes
    self.routes = routes.routes
    self.store = store
    let handle = LoopHandle(loop)
    self.loop = handle
    self.replies = LoopReplies(loop, errors)
    self.reader = try store.makePointReader { handle.endTickSoon() }
    self.feeds = LoopFeeds(feeds, reader, handle)
    handle.reader = reader
    handle.feeds = self.feeds
  }

  /// Runs a unary call in the lane of its route.
  package func unary(
    _ method: Int,
    _ payload: UnsafeRawBufferPointer,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    arena.reset(limit: Arena.decodingLimit(payload: payload.count))
    do {
      switch routes[method] {
      case .point(let handler):
        return try read(handler, payload, call, method, &response)
      case .write(let prepare):
        try write(try prepare(payload, arena), payload.count, call, method)
        return .pending
      case .stepped(let prepare):
        try write(inSteps: try prepare(payload, arena), payload.count, call, method)
        return .pending
      case .scan, .feed:
        throw RPCError.internalError
      }
    } catch {
      return .failed(errors[method].status(of: error))
    }
  }

  /// Runs a streaming call on the scan lane or the feed lane.
  package func open(
    _ method: Int,
    _ payload: UnsafeRawBufferPointer,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    arena.reset(limit: Arena.decodingLimit(payload: payload.count))
    do {
      switch routes[method] {
      case .scan(let prepare): try scan(try prepare(payload, arena), call, stream, errors[method])
      case .feed(let prepare):
        try feeds.open(try prepare(payload, arena), stream, errors[method])
      case .point, .write, .stepped: throw RPCError.internalError
      }
    } catch {
      stream.finish(errors[method].status(of: error))
    }
  }

  /// Drops what the call still waits for; a write that has begun is finished.
  package func abandoned(_ target: ReplyTarget, _ reason: RPCError) {
    let token = ReplyToken(target)
    store.writer.abandon(token)
    store.scans.abandon(token)
  }

  private func scan(
    _ work: @escaping Routes.ScanWork,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream,
    _ errors: CallErrors
  ) throws {
    let now = WallClock.system.now()
    let sink = StreamSink(stream, errors)
    let job = ScanJob(deadline: call.deadline, sink: sink) { transaction, output in
      try work(ReadContext(transaction: transaction, now: now), output)
    }
    let scan = try store.scans.submit(job)
    stream.onWritable { scan.resume() }
    stream.onCancel { _ in scan.cancel() }
  }

  private func read(
    _ handler: @escaping Routes.Point,
    _ payload: UnsafeRawBufferPointer,
    _ call: borrowing ServerCall,
    _ method: Int,
    _ response: inout ResponseBuffer
  ) throws -> UnaryOutcome {
    let now = WallClock.system.now()
    let start = response.count
    do {
      try reader.read { transaction in
        try handler(payload, arena, ReadContext(transaction: transaction, now: now), &response)
      }
      return .replied
    } catch StoreError.budgetExceeded {
      // More than a lookup: it begins again where it may take its time.
      response.truncate(to: start)
      try scan(handler, [UInt8](payload), call, method)
      return .pending
    }
  }

  private func scan(
    _ handler: @escaping Routes.Point,
    _ payload: [UInt8],
    _ call: borrowing ServerCall,
    _ method: Int
  ) throws {
    let now = WallClock.system.now()
    let token = ReplyToken(call.target, method)
    let job = ReadJob(deadline: call.deadline, sink: replies, token: token) { transaction in
      let arena = Arena(limit: Arena.decodingLimit(payload: payload.count))
      var response = ResponseBuffer(capacity: 4096)
      try payload.withUnsafeBytes { bytes in
        try handler(bytes, arena, ReadContext(transaction: transaction, now: now), &response)
      }
      return response.takeBytes()
    }
    _ = try store.scans.submit(job)
  }

  private func write(
    _ apply: @escaping @Sendable (WriteContext) throws -> [UInt8],
    _ bytes: Int,
    _ call: borrowing ServerCall,
    _ method: Int
  ) throws {
    let now = WallClock.system.now()
    let errors = errors[method]
    let most = mostAnswerBytes
    try store.writer.submit(
      WriteJob(
        deadline: call.deadline,
        bytes: bytes,
        sink: replies,
        token: ReplyToken(call.target, method)
      ) { transaction in
        try Self.fitting(
          apply(WriteContext(transaction: transaction, now: now, errors: errors)),
          most
        )
      }
    )
  }

  /// The answer to a write, if it can be sent. Thrown before the commit, the error undoes the
  /// write: a caller must not be told of a failure when the change is there.
  private static func fitting(_ answer: [UInt8], _ most: Int) throws(RPCError) -> [UInt8] {
    guard answer.count <= most else { throw .answerTooLarge(answer.count, limit: most) }
    return answer
  }

  private func write(
    inSteps first: @escaping SteppedWrite.First,
    _ bytes: Int,
    _ call: borrowing ServerCall,
    _ method: Int
  ) throws {
    let loop = loop
    let most = mostAnswerBytes
    try SteppedWrite(store.writer, replyingTo: replies) { delay, work in
      loop.execute(after: delay) { _ in work() }
    }.begin(
      deadline: call.deadline,
      bytes: bytes,
      token: ReplyToken(call.target, method),
      now: WallClock.system.now()
    ) { context in
      let made = try first(context)
      return (try Self.fitting(made.answer, most), made.next)
    }
  }
}

extension ReplyToken {
  /// The call as a token for the lanes, with the index of its method.
  package init(_ target: ReplyTarget, _ method: Int = 0) {
    self.init(group: target.connection, item: UInt64(target.stream), note: method)
  }
}
