public import PatronStore
internal import ProtobufC
public import TTRPC

/// Runs calls on the store's lanes. There is one for each I/O loop; it is used on that loop only.
///
/// `feeds` is the same for all loops, and the store's `commitObserver` tells it of commits.
public final class LaneDispatcher: CallDispatcher {
  /// Every method of the contract.
  public let methods: [Method]
  private let routes: [Routes.Route]
  private let store: Store
  private let replies: LoopReplies
  private let reader: PointReader
  private let feeds: LoopFeeds
  private let loop: LoopHandle
  private let arena = Arena(limit: 0)

  /// A dispatcher for `loop`, called on it.
  public init(routes: Routes, store: Store, feeds: FeedHub, loop: any ServerLoop) throws {
    self.methods = routes.methods
    self.routes = routes.routes
    self.store = store
    let handle = LoopHandle(loop)
    self.loop = handle
    self.replies = LoopReplies(loop)
    self.reader = try store.makePointReader { handle.endTickSoon() }
    self.feeds = LoopFeeds(feeds, reader, handle)
    handle.reader = reader
    handle.feeds = self.feeds
  }

  /// Runs a unary call in the lane of its route.
  public func unary(
    _ method: Int, _ payload: UnsafeRawBufferPointer, _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    arena.reset(limit: Arena.decodingLimit(payload: payload.count))
    do {
      switch routes[method] {
      case .point(let handler):
        return try read(handler, payload, call, &response)
      case .write(let prepare):
        try write(try prepare(payload, arena), payload.count, call)
        return .pending
      case .stepped(let prepare):
        try write(inSteps: try prepare(payload, arena), payload.count, call)
        return .pending
      case .scan, .feed:
        return .failed(.internalError)
      }
    } catch {
      return .failed(.from(error))
    }
  }

  /// Runs a streaming call on the scan lane or the feed lane.
  public func open(
    _ method: Int, _ payload: UnsafeRawBufferPointer, _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    arena.reset(limit: Arena.decodingLimit(payload: payload.count))
    do {
      switch routes[method] {
      case .scan(let prepare): try scan(try prepare(payload, arena), call, stream)
      case .feed(let prepare): try feeds.open(try prepare(payload, arena), stream)
      case .point, .write, .stepped: stream.finish(.internalError)
      }
    } catch {
      stream.finish(.from(error))
    }
  }

  private func scan(
    _ work: @escaping Routes.ScanWork, _ call: borrowing ServerCall, _ stream: any ServerStream
  ) throws {
    let now = WallClock.now()
    let job = ScanJob(deadline: call.deadline, sink: StreamSink(stream)) { transaction, output in
      try work(ReadContext(transaction: transaction, now: now), output)
    }
    let scan = try store.scans.submit(job)
    stream.onWritable { scan.resume() }
    stream.onCancel { _ in scan.cancel() }
  }

  private func read(
    _ handler: @escaping Routes.Point, _ payload: UnsafeRawBufferPointer,
    _ call: borrowing ServerCall, _ response: inout ResponseBuffer
  ) throws -> UnaryOutcome {
    let now = WallClock.now()
    let start = response.count
    do {
      try reader.read { transaction in
        try handler(payload, arena, ReadContext(transaction: transaction, now: now), &response)
      }
      return .replied
    } catch StoreError.budgetExceeded {
      // More than a lookup: it begins again where it may take its time.
      response.truncate(to: start)
      try scan(handler, [UInt8](payload), call)
      return .pending
    }
  }

  private func scan(
    _ handler: @escaping Routes.Point, _ payload: [UInt8], _ call: borrowing ServerCall
  ) throws {
    let now = WallClock.now()
    let job = ReadJob(deadline: call.deadline, sink: replies, token: ReplyToken(call.target)) {
      transaction in
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
    _ apply: @escaping @Sendable (WriteContext) throws -> [UInt8], _ bytes: Int,
    _ call: borrowing ServerCall
  ) throws {
    let now = WallClock.now()
    try store.writer.submit(
      WriteJob(
        deadline: call.deadline, bytes: bytes, sink: replies, token: ReplyToken(call.target)
      ) { transaction in
        try apply(WriteContext(transaction: transaction, now: now))
      })
  }

  private func write(
    inSteps first: @escaping SteppedWrite.First, _ bytes: Int, _ call: borrowing ServerCall
  ) throws {
    let loop = loop
    try SteppedWrite(store.writer, replyingTo: replies) { delay, work in
      loop.execute(after: delay) { _ in work() }
    }.begin(
      deadline: call.deadline, bytes: bytes, token: ReplyToken(call.target), now: WallClock.now(),
      first)
  }
}

extension ReplyToken {
  /// The call as a token for the lanes.
  init(_ target: ReplyTarget) {
    self.init(group: target.connection, item: UInt64(target.stream))
  }
}
