import NIOCore
import TTRPC

/// One attempt at a unary call. Everything except ``run()`` happens on the link's loop.
final class ClientAttempt: ClientWaiter, Sendable {
  typealias Outcome = Result<[UInt8], CallFailure>

  private struct State {
    var continuation: CheckedContinuation<Outcome, Never>?
    var started: (handler: ClientHandler, call: ClientCallID)?
    var cancelled = false
  }

  let deadline: ContinuousClock.Instant?
  private let method: Method
  private let request: [UInt8]
  private let metadata: Metadata
  private let link: ClientLink
  private let state: NIOLoopBoundBox<State>

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
    state = .makeBoxSendingValue(State(), eventLoop: link.loop)
  }

  var size: ClientRequestSize {
    ClientRequestSize(method: method, payload: request.count, metadata: metadata)
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
    state.value.continuation = continuation
    if state.value.cancelled {
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
      if state.value.continuation != nil { state.value.started = (handler, call) }
    } catch {
      finish(.failure(error))
    }
  }

  func notConnected(_ failure: CallFailure) { finish(.failure(failure)) }

  private func cancel() {
    state.value.cancelled = true
    if let started = state.value.started {
      started.handler.cancel(started.call, .callerCancelled)
    } else if state.value.continuation != nil {
      link.forget(self)
      finish(.failure(CallFailure(.callerCancelled, reach: .notSent)))
    }
  }

  private func finish(_ outcome: Outcome) {
    state.value.started = nil
    state.value.continuation.take()?.resume(returning: outcome)
  }
}

extension RPCError {
  static let callerCancelled = RPCError(code: .cancelled, message: "the caller cancelled the call")
}
