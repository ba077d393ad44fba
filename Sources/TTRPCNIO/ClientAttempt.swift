import NIOCore
import TTRPC

/// One attempt at a unary call.
///
/// `@unchecked Sendable`: all mutable state is used on the link's loop only.
final class ClientAttempt: ClientWaiter, @unchecked Sendable {
  typealias Outcome = Result<[UInt8], CallFailure>

  let deadline: ContinuousClock.Instant?
  private let method: Method
  private let request: [UInt8]
  private let metadata: Metadata
  private let link: ClientLink
  private var continuation: CheckedContinuation<Outcome, Never>?
  private var started: (handler: ClientHandler, call: ClientCallID)?
  private var cancelled = false

  init(
    _ method: Method,
    _ request: [UInt8],
    metadata: Metadata,
    deadline: ContinuousClock.Instant,
    link: ClientLink
  ) {
    self.method = method
    self.request = request
    self.metadata = metadata
    self.deadline = deadline
    self.link = link
  }

  /// Makes the attempt and returns its outcome. Cancelling the task cancels the call.
  func run() async -> Outcome {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        link.loop.execute { self.begin(continuation) }
      }
    } onCancel: {
      link.loop.execute { self.cancel() }
    }
  }

  private func begin(_ continuation: CheckedContinuation<Outcome, Never>) {
    self.continuation = continuation
    if cancelled {
      finish(.failure(CallFailure(.callerCancelled, reach: .notSent)))
    } else {
      link.submit(self)
    }
  }

  func connected(_ handler: ClientHandler) {
    do throws(CallFailure) {
      let sink = ClientSink.attempt { self.finish($0.map { [UInt8]($0) }) }
      let call = try handler.start(
        method,
        request: request,
        metadata: metadata,
        deadline: deadline,
        sink: sink
      )
      if continuation != nil { started = (handler, call) }
    } catch {
      finish(.failure(error))
    }
  }

  func notConnected(_ failure: CallFailure) { finish(.failure(failure)) }

  private func cancel() {
    cancelled = true
    if let started {
      started.handler.cancel(started.call, .callerCancelled)
    } else if continuation != nil {
      link.forget(self)
      finish(.failure(CallFailure(.callerCancelled, reach: .notSent)))
    }
  }

  private func finish(_ outcome: Outcome) {
    started = nil
    continuation?.resume(returning: outcome)
    continuation = nil
  }
}

extension RPCError {
  static let callerCancelled = RPCError(code: .cancelled, message: "the caller cancelled the call")
}
