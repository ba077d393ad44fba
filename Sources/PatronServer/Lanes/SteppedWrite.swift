package import PatronStore
internal import Synchronization
package import TTRPC

/// The rest of a write that may take more than one transaction.
package enum WriteStep: Sendable {
  /// Nothing is left.
  case done
  /// A next step, run in a transaction of its own. It completes what is on disk, so it runs until
  /// it succeeds, also when the caller is gone. It may append a few fields to the response.
  case more(@Sendable (WriteContext, inout ResponseBuffer) throws -> WriteStep)
  /// The further items of a batch. They are for the caller, so they end with the call.
  case rest(WriteRest)
}

/// The items of a batch that are left after a piece of it.
package struct WriteRest: Sendable {
  /// Items of the earlier pieces, and of those that are left.
  let done: Int
  let left: Int
  /// Applies the next piece and appends its part of the response.
  let run: @Sendable (WriteContext, inout ResponseBuffer) throws -> WriteStep

  package init(
    done: Int,
    left: Int,
    run: @escaping @Sendable (WriteContext, inout ResponseBuffer) throws -> WriteStep
  ) {
    self.done = done
    self.left = left
    self.run = run
  }
}

/// A write in several transactions, so that other writes can commit in between. The response is
/// sent after the last commits.
///
/// Each step is queued after the commit of the step before. If a later step of a work that must be
/// completed fails for a transient reason, such as a full disk, it is retried until it succeeds; if
/// the server stops or the database is damaged, the caller must send the request again. If a later
/// piece of a batch fails, or its caller is gone, the earlier pieces stay and the call fails.
package final class SteppedWrite: ReplySink {
  package typealias First = @Sendable (WriteContext, inout ResponseBuffer) throws -> WriteStep

  /// Maximum number of items in a piece of a batch.
  static let pieceItems = 100

  private let writer: WriteLane
  private let call: CallContext
  private let clock: WallClock
  /// The largest response that the server sends, in bytes.
  private let maxAnswerBytes: Int
  private let sink: any ReplySink
  /// The account of the response that grows with the pieces; nil if the connection has none.
  private let hold: AnswerHold?
  /// The delay before a step is retried, unless its error names a shorter delay.
  private static let pause = Duration.seconds(1)
  /// The cost of a further step that completes a work: it writes some hundred rows.
  private static let stepCost = 100

  /// Runs a closure after a delay, to retry a step.
  private let later: @Sendable (Duration, @escaping @Sendable () -> Void) -> Void
  private let state = Mutex(State())

  private struct State: Sendable {
    var load = WriteLoad(requestBytes: 0)
    /// The response of all steps that are on disk.
    var answer: [UInt8] = []
    /// The step that is queued; `done` for the first.
    var current = WriteStep.done
    /// The response of the latest step, and the rest after it. Valid only after its commit.
    var part: [UInt8] = []
    var next = WriteStep.done
  }

  init(
    _ writer: WriteLane,
    _ call: CallContext,
    _ clock: WallClock,
    maxAnswerBytes: Int,
    replyingTo sink: any ReplySink,
    later: @escaping @Sendable (Duration, @escaping @Sendable () -> Void) -> Void
  ) {
    self.writer = writer
    self.call = call
    self.clock = clock
    self.maxAnswerBytes = maxAnswerBytes
    self.sink = sink
    hold = call.answers.map(AnswerHold.init)
    self.later = later
  }

  /// Queues the first step, which may apply `maxItems` items. Throws as ``WriteLane/submit(_:)``
  /// does; in that case there is no reply.
  func begin(
    _ load: WriteLoad,
    token: ReplyToken,
    maxItems: Int = .max,
    _ first: @escaping First
  ) throws {
    state.withLock { $0.load = load }
    let cost = load.cost(of: min(load.items, maxItems))
    try writer.submit(
      WriteJob(
        deadline: call.deadline,
        bytes: load.memory,
        sink: self,
        token: token,
        store: call.store.name,
        cost: cost,
        following: load.cost(of: load.items) - cost,
        usesReserve: call.usesReserve,
        note: call.record
      ) { transaction in try self.run(first, transaction, maxItems) }
    )
  }

  /// Runs the first step or a piece of a batch. Returns its part of the response.
  private func run(
    _ step: First,
    _ transaction: WriteTransaction,
    _ maxItems: Int
  ) throws -> [UInt8] {
    var response = ResponseBuffer(capacity: 1024)
    let parts = state.withLock { $0.answer.count }
    let next = try call.reporting {
      // A later piece is not refused: the items before it are stored.
      if parts == 0 { try hold?.requireRoom() } else { hold?.keep(parts) }
      return try step(
        WriteContext(call: call, transaction: transaction, now: call.now, maxItems: maxItems),
        &response
      )
    }
    return try state.withLock { state in
      state.part = try response.fitting(maxAnswerBytes, hold, after: parts)
      state.next = next
      return state.part
    }
  }

  package func deliver(_ replies: [Reply]) {
    for reply in replies {
      switch reply.result {
      case .success: goOn(reply.token)
      case .failure(let error): fail(error, reply)
      }
    }
  }

  /// Queues the step after the one that is on disk, or sends the response.
  private func goOn(_ token: ReplyToken) {
    let (next, answer) = state.withLock { state in
      state.answer += state.part
      state.part = []
      state.current = state.next
      return (state.next, state.answer)
    }
    switch next {
    case .done: sink.deliver([Reply(token, .success(answer), note: call.record)])
    case .more(let work): queue(work, token)
    case .rest(let rest): queue(rest, token)
    }
  }

  private func fail(_ error: any Error, _ reply: Reply) {
    switch state.withLock({ $0.current }) {
    case .more(let work):
      guard let delay = Self.delay(after: error) else { return sink.deliver([reply]) }
      later(delay) { self.queue(work, reply.token) }
    case .rest(let rest):
      let status = call.status(of: error).afterItems(rest.done)
      sink.deliver([Reply(reply.token, .failure(status), note: call.record)])
    case .done: sink.deliver([reply])
    }
  }

  /// Returns the delay before a step is retried, or nil if a retry is of no use.
  private static func delay(after error: any Error) -> Duration? {
    switch error as? StoreError {
    case .queueFull(let delay, _), .logFull(let delay): min(delay, pause)
    case .diskFull, .busy, .engine, .cancelled, .deadlineExceeded: pause
    case .closing, .failStop, .corrupt, .constraint, .budgetExceeded, .snapshotTooOld,
      .storeDeleting, nil:
      nil
    }
  }

  /// Queues a step that completes what is on disk. It has no deadline and is marked as begun, so it
  /// also runs if the call is cancelled.
  private func queue(
    _ work: @escaping @Sendable (WriteContext, inout ResponseBuffer) throws -> WriteStep,
    _ token: ReplyToken
  ) {
    let job = WriteJob(
      deadline: nil,
      bytes: 0,
      sink: self,
      token: token,
      store: call.store.name,
      cost: Self.stepCost,
      isBegun: true,
      usesReserve: call.usesReserve,
      note: call.record
    ) { transaction in
      let now = self.clock.now()
      var response = ResponseBuffer()
      let next = try self.call.reporting {
        try work(WriteContext(call: self.call, transaction: transaction, now: now), &response)
      }
      let part = response.takeBytes()
      self.state.withLock { ($0.next, $0.part) = (next, part) }
      return []
    }
    submit(job)
  }

  /// Queues the next piece of a batch. The queue takes it in any case; it is dropped if the caller
  /// is gone.
  private func queue(_ rest: WriteRest, _ token: ReplyToken) {
    let load = state.withLock { $0.load }
    let cost = load.cost(of: min(rest.left, Self.pieceItems))
    let job = WriteJob(
      deadline: call.deadline,
      bytes: load.memory,
      sink: self,
      token: token,
      store: call.store.name,
      cost: cost,
      following: load.cost(of: rest.left) - cost,
      isFurther: true,
      usesReserve: call.usesReserve,
      note: call.record
    ) { transaction in try self.run(rest.run, transaction, Self.pieceItems) }
    submit(job)
  }

  private func submit(_ job: WriteJob) {
    do {
      try writer.submit(job)
    } catch {
      deliver([Reply(job.token, .failure(error), note: job.note)])
    }
  }
}

extension RPCError {
  /// Returns the error of a batch that failed after its first items were stored.
  fileprivate func afterItems(_ count: Int) -> RPCError {
    var error = self
    if !error.message.hasSuffix(".") { error.message += "." }
    error.message +=
      " The first \(count) items of the batch were stored before that; send the batch again to "
      + "store the rest."
    return error
  }
}
