package import PatronStore
internal import Synchronization

/// What a write that may take more than one transaction leaves to be done.
package enum WriteStep: Sendable {
  /// Nothing.
  case done
  /// This, in a transaction of its own.
  case more(@Sendable (WriteContext) throws -> WriteStep)
}

/// A write that is done in several transactions, so that those of others come in between. Its
/// answer is made by the first one and leaves after the last one.
///
/// Each step is queued when the one before is on disk. What the first one began is on disk, so a
/// later one that fails for a reason that may pass, such as a full disk, is tried again until it
/// succeeds. What a stop of the server or damage interrupts is the caller's to take up again.
package final class SteppedWrite: ReplySink {
  package typealias First = @Sendable (WriteContext) throws -> (answer: [UInt8], next: WriteStep)

  private let writer: WriteLane
  private let call: CallContext
  private let clock: WallClock
  private let sink: any ReplySink
  /// How long to wait before a step is tried again, where its failure does not say.
  private static let pause = Duration.seconds(1)

  /// Runs something after a while; for a step that is to be tried again.
  private let later: @Sendable (Duration, @escaping @Sendable () -> Void) -> Void
  private let state = Mutex(State())

  private struct State: Sendable {
    var answer: [UInt8] = []
    /// The step that is queued; nil for the first one.
    var current: (@Sendable (WriteContext) throws -> WriteStep)?
    /// What the latest step left. It holds only when that was committed.
    var next = WriteStep.done
  }

  init(
    _ writer: WriteLane,
    _ call: CallContext,
    _ clock: WallClock,
    replyingTo sink: any ReplySink,
    later: @escaping @Sendable (Duration, @escaping @Sendable () -> Void) -> Void
  ) {
    self.writer = writer
    self.call = call
    self.clock = clock
    self.sink = sink
    self.later = later
  }

  /// Queues the first step. Throws as ``WriteLane/submit(_:)`` does; nothing is answered then.
  func begin(
    bytes: Int,
    token: ReplyToken,
    _ first: @escaping First
  ) throws {
    try writer.submit(
      WriteJob(deadline: call.deadline, bytes: bytes, sink: self, token: token) { transaction in
        let made = try self.call.reporting {
          try first(WriteContext(call: self.call, transaction: transaction, now: self.call.now))
        }
        self.state.withLock { $0 = State(answer: made.answer, next: made.next) }
        return made.answer
      }
    )
  }

  package func deliver(_ replies: [Reply]) {
    for reply in replies {
      let state = state.withLock { $0 }
      switch reply.result {
      case .success:
        if case .more(let work) = state.next {
          goOn(with: work, reply.token)
        } else {
          sink.deliver([reply])
        }
      case .failure(let error):
        if let work = state.current, let delay = Self.delay(after: error) {
          later(delay) { self.goOn(with: work, reply.token) }
        } else {
          sink.deliver([reply])
        }
      }
    }
  }

  /// How long to wait before a step is tried again; nil where that is of no use.
  private static func delay(after error: any Error) -> Duration? {
    switch error as? StoreError {
    case .queueFull(let delay), .logFull(let delay): min(delay, pause)
    case .diskFull, .busy, .engine, .cancelled, .deadlineExceeded: pause
    case .closing, .failStop, .corrupt, .constraint, .budgetExceeded, .snapshotTooOld, nil: nil
    }
  }

  /// What was begun is finished, also when nobody waits for it any more.
  private func goOn(
    with work: @escaping @Sendable (WriteContext) throws -> WriteStep,
    _ token: ReplyToken
  ) {
    state.withLock { $0.current = work }
    let job = WriteJob(deadline: nil, bytes: 0, sink: self, token: token, isBegun: true) {
      transaction in
      let now = self.clock.now()
      let next = try self.call.reporting {
        try work(WriteContext(call: self.call, transaction: transaction, now: now))
      }
      return self.state.withLock { state in
        state.next = next
        return state.answer
      }
    }
    do {
      try writer.submit(job)
    } catch {
      deliver([Reply(token, .failure(error))])
    }
  }
}
