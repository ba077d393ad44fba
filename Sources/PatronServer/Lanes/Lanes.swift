internal import PatronStore
internal import TTRPC

/// The store's lanes for one I/O loop. Used on that loop only.
final class Lanes {
  let reader: PointReader
  let watches: LoopWatches
  let preparations: Preparations
  private let store: Store
  /// The latest refusal of the writer's queue.
  private var fullQueue: FullQueue?
  private let replies: LoopReplies
  let loop: LoopHandle
  /// The largest response that the server sends, in bytes.
  private let maxAnswerBytes: Int
  private let clock: WallClock

  init(
    _ store: Store,
    _ hub: WatchHub,
    _ loop: any ServerLoop,
    _ errors: [CallErrors],
    _ limits: Limits,
    clock: WallClock,
    _ slowCalls: SlowCallLog? = nil
  ) throws {
    let handle = LoopHandle(loop)
    self.store = store
    self.loop = handle
    maxAnswerBytes = limits.answerBytes
    self.clock = clock
    replies = LoopReplies(loop, errors, slowCalls)
    reader = try store.makePointReader { handle.endTickSoon() }
    watches = LoopWatches(hub, reader, handle)
    preparations = Preparations(handle, replies, roundTime: .microseconds(limits.turnMicros))
    handle.reader = reader
    handle.watches = watches
    handle.preparations = preparations
  }

  /// Runs a handler in the tick's snapshot. A handler that exceeds the budget of a point read, in
  /// steps, bytes or time, runs again on the scan lane, which has none.
  func read<Request: Sendable>(
    _ request: Request,
    _ handler: @escaping @Sendable (Request, ReadContext, inout ResponseBuffer) throws -> Void,
    _ call: CallContext,
    _ token: ReplyToken,
    _ requestBytes: Int,
    _ metadata: MetadataView,
    _ response: inout ResponseBuffer
  ) throws -> UnaryOutcome {
    let start = response.count
    do {
      try reader.read { transaction in
        try handler(request, ReadContext(call: call, transaction: transaction), &response)
      }
      return .replied
    } catch StoreError.budgetExceeded {
      response.truncate(to: start)
      return try readLong(request, handler, call.recorded(metadata), token, requestBytes)
    }
  }

  /// Queues a handler that is known to exceed the budget of a point read.
  func readLong<Request: Sendable>(
    _ request: Request,
    _ handler: @escaping @Sendable (Request, ReadContext, inout ResponseBuffer) throws -> Void,
    _ call: CallContext,
    _ token: ReplyToken,
    _ requestBytes: Int,
    audited: AuditedRead? = nil
  ) throws -> UnaryOutcome {
    let hold = RequestHold(call.answers, length: requestBytes)
    try scan(call, token, audited) { context, response in
      defer { withExtendedLifetime(hold) {} }
      try handler(request, context, &response)
    }
    return .pending
  }

  private func scan(
    _ call: CallContext,
    _ token: ReplyToken,
    _ audited: AuditedRead?,
    _ work: @escaping @Sendable (ReadContext, inout ResponseBuffer) throws -> Void
  ) throws {
    let job = ReadJob(
      store: call.store,
      deadline: call.deadline,
      sink: replies,
      token: token,
      note: call.record
    ) { transaction in
      if let refusal = call.answers?.refusal { throw refusal }
      var response = ResponseBuffer(capacity: 4096)
      try call.reporting {
        try work(ReadContext(call: call, transaction: transaction), &response)
      }
      return response.takeBytes()
    }
    guard let audited else {
      _ = try store.reads.submit(job)
      return
    }
    let row = audited.job(call, token) { [store] in
      _ = try store.reads.submit(job)
    } refuse: { [replies] error in
      replies.deliver([Reply(token, .failure(error), note: call.record)])
    }
    try store.writer.submit(row)
  }

  /// Queues a handler that streams from a snapshot of its own. An audited one is queued when its
  /// row in the audit log is on disk.
  func scan(
    _ call: CallContext,
    _ stream: any ServerStream,
    _ requestBytes: Int,
    audited: AuditedRead? = nil,
    _ work: @escaping @Sendable (ReadContext, ScanStream) throws -> Void
  ) throws {
    let hold = RequestHold(call.answers, length: requestBytes)
    let job = ScanJob(
      store: call.store,
      connection: stream.target.connection,
      deadline: call.deadline,
      sink: StreamSink(stream, call)
    ) { transaction, output in
      defer { withExtendedLifetime(hold) {} }
      try work(ReadContext(call: call, transaction: transaction), output)
    }
    let begin: @Sendable () throws -> Void = { [store] in
      let scan = try store.scans.submit(job)
      stream.onWritable { scan.resume() }
      stream.onCancel { _ in scan.cancel() }
    }
    guard let audited else { return try begin() }
    let token = ReplyToken(stream.target)
    stream.onCancel { [store] _ in store.writer.abandon(token) }
    let row = audited.job(call, token, begin: begin) { stream.finish(call.status(of: $0)) }
    try store.writer.submit(row)
  }

  /// Returns the context of work on the whole database.
  func operation(_ call: CallContext, _ stream: any ServerStream) -> OperationContext {
    OperationContext(call: call, store: store, stream: stream)
  }

  /// Throws the refusal of the writer's queue if that is known before the write is checked.
  func requireRoom(_ call: CallContext, _ load: WriteLoad) throws(RPCError) {
    guard let fullQueue else { return }
    guard fullQueue.version == store.writer.roomVersion else {
      self.fullQueue = nil
      return
    }
    if fullQueue.refuses(call.store, load) { throw fullQueue.error }
  }

  /// Queues a write. The response is checked before the commit, so a write whose response cannot be
  /// sent is rolled back.
  func write(
    _ call: CallContext,
    _ load: WriteLoad,
    _ token: ReplyToken,
    _ work: @escaping @Sendable (WriteContext, inout ResponseBuffer) throws -> Void
  ) throws {
    let hold = call.answers.map(AnswerHold.init)
    let limit = maxAnswerBytes
    let job = WriteJob(
      deadline: call.deadline,
      bytes: load.memory,
      sink: replies,
      token: token,
      store: call.store.name,
      cost: load.cost(of: load.items),
      usesReserve: call.usesReserve,
      note: call.record
    ) { transaction in
      var response = ResponseBuffer(capacity: 1024)
      try call.reporting {
        try hold?.requireRoom()
        try work(
          WriteContext(call: call, transaction: transaction, now: call.now),
          &response
        )
      }
      return try response.fitting(limit, hold)
    }
    let version = store.writer.roomVersion
    do throws(StoreError) {
      try store.writer.submit(job)
    } catch {
      fullQueue = FullQueue(error, of: call.store, load, version)
      throw error
    }
  }

  /// Queues the first transaction of a write that may need several.
  func writeInSteps(
    _ call: CallContext,
    _ load: WriteLoad,
    _ token: ReplyToken,
    _ first: @escaping @Sendable (WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) throws {
    try steppedWrite(call).begin(load, token: token, first)
  }

  /// Checks a batch and queues it. The items of a large batch are checked in turns, and those of
  /// any batch behind one of the same connection.
  func writeBatch<Batch: PreparedBatch>(
    _ check: BatchCheck<Batch>,
    _ call: CallContext,
    _ bytes: Int,
    _ token: ReplyToken,
    _ apply: @escaping @Sendable (Batch, WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) throws {
    var check = check
    let items = check.batch.extent.items
    guard items > Preparations.turnItems || preparations.hasBatches(of: token.group) else {
      while !(try check.advance(until: nil)) {}
      return try submit(check.batch, call, bytes, token, apply)
    }
    let room = try store.writer.reserve(
      WriteLoad(items: items, requestBytes: bytes).memory,
      for: call.store.name
    )
    preparations.add(
      Preparation(token, call, room) { end in
        try check.advance(until: end)
      } submit: { [unowned self] in
        try submit(check.batch, call, bytes, token, apply)
      }
    )
  }

  private func submit<Batch: PreparedBatch>(
    _ batch: Batch,
    _ call: CallContext,
    _ bytes: Int,
    _ token: ReplyToken,
    _ apply: @escaping @Sendable (Batch, WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) throws {
    try writeBatch(call, batch.extent, bytes, token) { context, response in
      try apply(batch, context, &response)
    }
  }

  /// Queues a batch. One that is large, and whose answer fits whatever becomes of its items, is cut
  /// into pieces with a transaction each. Any other is one transaction, which is rolled back if its
  /// answer cannot be sent.
  private func writeBatch(
    _ call: CallContext,
    _ extent: BatchExtent,
    _ bytes: Int,
    _ token: ReplyToken,
    _ apply: @escaping @Sendable (WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) throws {
    let load = WriteLoad(
      items: extent.items,
      requestBytes: bytes,
      findings: extent.findings
    )
    guard extent.items > SteppedWrite.pieceItems, let answer = extent.maxAnswerBytes,
      answer <= maxAnswerBytes
    else {
      return try write(call, load, token) { context, response in
        guard case .done = try apply(context, &response) else {
          preconditionFailure("a batch that is not divided has a rest")
        }
      }
    }
    try steppedWrite(call)
      .begin(load, token: token, maxItems: SteppedWrite.pieceItems, apply)
  }

  private func steppedWrite(_ call: CallContext) -> SteppedWrite {
    let loop = loop
    return SteppedWrite(
      store.writer,
      call,
      clock,
      maxAnswerBytes: maxAnswerBytes,
      replyingTo: replies
    ) { delay, work in loop.later(delay, work) }
  }

  /// Drops the queued work of an abandoned call.
  func abandon(_ target: ReplyTarget) {
    let token = ReplyToken(target)
    preparations.abandon(token)
    store.writer.abandon(token)
    store.reads.abandon(token)
  }
}

extension ResponseBuffer {
  /// Takes the encoded response, or throws if it exceeds `limit` bytes after `start` bytes. The
  /// caller throws before the commit, so that the error rolls the write back: a caller must not get
  /// an error for a change that is stored. Counts all bytes in `hold`.
  mutating func fitting(
    _ limit: Int,
    _ hold: AnswerHold?,
    after start: Int = 0
  ) throws(RPCError) -> [UInt8] {
    guard start + count <= limit else { throw .answerTooLarge(start + count, limit: limit) }
    hold?.keep(start + count)
    return takeBytes()
  }
}

extension CallContext {
  /// Runs a handler on its lane and logs its unexpected errors with the call's id. Errors of the
  /// database pass unchanged, because the lanes handle them.
  func reporting<Result>(_ body: () throws -> Result) throws -> Result {
    record?.begins()
    do {
      return try body()
    } catch let error as StoreError {
      throw error
    } catch {
      throw status(of: error)
    }
  }
}

extension ReplyToken {
  /// The token of a call, with the index of its method.
  init(_ target: ReplyTarget, _ method: Int = 0) {
    self.init(group: target.connection, item: UInt64(target.stream), note: method)
  }
}
