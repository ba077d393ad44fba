import Synchronization
import TTRPC

/// A channel that answers from a list and records its requests.
final class ScriptedChannel: ClientChannel, ClientStream {
  struct Call {
    var method: Method
    var request: [UInt8]?
    var hasRequestID: Bool
  }

  private struct State {
    var responses: [[UInt8]]
    var calls: [Call] = []
    var sent: [[UInt8]] = []
    var isClosed = false
    var isCancelled = false
  }

  private let state: Mutex<State>

  init(responses: [[UInt8]]) { state = Mutex(State(responses: responses)) }

  var calls: [Call] { state.withLock(\.calls) }
  var sent: [[UInt8]] { state.withLock(\.sent) }
  var isClosed: Bool { state.withLock(\.isClosed) }
  var isCancelled: Bool { state.withLock(\.isCancelled) }

  func unary(_ method: Method, _ request: [UInt8], _ options: CallOptions) async throws(RPCError)
    -> [UInt8]
  {
    record(method, request, options)
    guard let response = await next() else {
      throw RPCError(code: .unavailable, message: "the script has ended")
    }
    return response
  }

  func stream(_ method: Method, _ request: [UInt8]?, _ options: CallOptions) async throws(RPCError)
    -> any ClientStream
  {
    record(method, request, options)
    return self
  }

  private func record(_ method: Method, _ request: [UInt8]?, _ options: CallOptions) {
    state.withLock {
      $0.calls.append(
        Call(method: method, request: request, hasRequestID: options.hasRequestID)
      )
    }
  }

  func send(_ message: [UInt8]) async { state.withLock { $0.sent.append(message) } }

  func finishSending() async { state.withLock { $0.isClosed = true } }

  func next() async -> [UInt8]? {
    state.withLock { $0.responses.isEmpty ? nil : $0.responses.removeFirst() }
  }

  func cancel() { state.withLock { $0.isCancelled = true } }
}
