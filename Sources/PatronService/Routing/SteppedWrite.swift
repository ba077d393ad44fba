internal import PatronStore
internal import Synchronization

/// What a write that may take more than one transaction leaves to be done.
enum WriteStep: Sendable {
  /// Nothing.
  case done
  /// This, in a transaction of its own.
  case more(@Sendable (WriteContext) throws -> WriteStep)
}

/// A write that is done in several transactions, so that those of others come in between. Its
/// answer is made by the first one and leaves after the last one.
///
/// Each step is queued when the one before is on disk. What a stop of the server interrupts is the
/// caller's to take up again.
final class SteppedWrite: ReplySink {
  typealias First = @Sendable (WriteContext) throws -> (answer: [UInt8], next: WriteStep)

  private let writer: WriteLane
  private let sink: any ReplySink
  /// Runs something after a while; for when the queue is full.
  private let later: @Sendable (Duration, @escaping @Sendable () -> Void) -> Void
  private let state = Mutex<(answer: [UInt8], next: WriteStep)>(([], .done))

  init(
    _ writer: WriteLane, replyingTo sink: any ReplySink,
    later: @escaping @Sendable (Duration, @escaping @Sendable () -> Void) -> Void
  ) {
    self.writer = writer
    self.sink = sink
    self.later = later
  }

  /// Queues the first step. Throws as ``WriteLane/submit(_:)`` does; nothing is answered then.
  func begin(
    deadline: ContinuousClock.Instant?, bytes: Int, token: ReplyToken, now: Int64,
    _ first: @escaping First
  ) throws {
    try writer.submit(
      WriteJob(deadline: deadline, bytes: bytes, sink: self, token: token) { transaction in
        let made = try first(WriteContext(transaction: transaction, now: now))
        self.state.withLock { $0 = (made.answer, made.next) }
        return made.answer
      })
  }

  func deliver(_ replies: [Reply]) {
    for reply in replies {
      guard case .success = reply.result, case .more(let work) = state.withLock({ $0.next }) else {
        sink.deliver([reply])
        continue
      }
      goOn(with: work, reply.token)
    }
  }

  /// What was begun is finished, also when nobody waits for it any more.
  private func goOn(
    with work: @escaping @Sendable (WriteContext) throws -> WriteStep, _ token: ReplyToken
  ) {
    let job = WriteJob(deadline: nil, bytes: 0, sink: self, token: token) { transaction in
      let next = try work(WriteContext(transaction: transaction, now: WallClock.now()))
      return self.state.withLock { state in
        state.next = next
        return state.answer
      }
    }
    do {
      try writer.submit(job)
    } catch StoreError.queueFull(let delay) {
      later(delay) { self.goOn(with: work, token) }
    } catch {
      sink.deliver([Reply(token, .failure(error))])
    }
  }
}
