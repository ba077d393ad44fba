package import PatronStore
internal import Synchronization

/// The rest of a write that may take more than one transaction.
package enum WriteStep: Sendable {
  /// Nothing is left.
  case done
  /// A next step, run in a transaction of its own.
  case more(@Sendable (WriteContext) throws -> WriteStep)
}

/// A write in several transactions, so that other writes can commit in between. The first
/// transaction makes the response, which is sent after the last commits.
///
/// Each step is queued after the commit of the step before. The first step is then on disk, so a
/// later step that fails for a transient reason, such as a full disk, is retried until it succeeds.
/// If the server stops or the database is damaged, the caller must send the request again.
package final class SteppedWrite: ReplySink {
  package typealias First = @Sendable (WriteContext) throws -> (answer: [UInt8], next: WriteStep)

  private let writer: WriteLane
  private let call: CallContext
  private let clock: WallClock
  private let sink: any ReplySink
  /// The delay before a step is retried, unless its error names a shorter delay.
  private static let pause = Duration.seconds(1)

  /// The cost of a further step, which writes some hundred rows.
  private static let stepCost = 100

  /// Runs a closure after a delay, to retry a step.
  private let later: @Sendable (Duration, @escaping @Sendable () -> Void) -> Void
  private let state = Mutex(State())

  private struct State: Sendable {
    var answer: [UInt8] = []
    /// The step that is queued; nil for the first.
    var current: (@Sendable (WriteContext) throws -> WriteStep)?
    /// The rest after the latest step. Valid only after that step's commit.
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

  /// Queues the first step. Throws as ``WriteLane/submit(_:)`` does; in that case there is no
  /// reply.
  func begin(
    _ load: WriteLoad,
    token: ReplyToken,
    _ first: @escaping First
  ) throws {
    try writer.submit(
      WriteJob(
        deadline: call.deadline,
        bytes: load.memory,
        sink: self,
        token: token,
        store: call.store.name,
        cost: load.cost(of: load.items),
        usesReserve: call.usesReserve
      ) { transaction in
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

  /// Returns the delay before a step is retried, or nil if a retry is of no use.
  private static func delay(after error: any Error) -> Duration? {
    switch error as? StoreError {
    case .queueFull(let delay, _), .logFull(let delay): min(delay, pause)
    case .diskFull, .busy, .engine, .cancelled, .deadlineExceeded: pause
    case .closing, .failStop, .corrupt, .constraint, .budgetExceeded, .snapshotTooOld, nil: nil
    }
  }

  /// Queues a further step. It has no deadline and is marked as begun, so it also runs if the call
  /// is cancelled.
  private func goOn(
    with work: @escaping @Sendable (WriteContext) throws -> WriteStep,
    _ token: ReplyToken
  ) {
    state.withLock { $0.current = work }
    let job = WriteJob(
      deadline: nil,
      bytes: 0,
      sink: self,
      token: token,
      store: call.store.name,
      cost: Self.stepCost,
      isBegun: true,
      usesReserve: call.usesReserve
    ) { transaction in
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
