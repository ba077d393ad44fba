import Synchronization
import TTRPC

/// The request messages of a streaming call, for one reader.
final class RequestStream: Sendable {
  private let stream: any ServerStream
  private let state = Mutex(State())

  private struct State {
    var messages: [[UInt8]] = []
    var head = 0
    var isClosed = false
    var error: RPCError?
    var reader: CheckedContinuation<Void, Never>?
  }

  private enum Next {
    case message([UInt8])
    case end
    case wait
  }

  init(_ stream: any ServerStream) {
    self.stream = stream
    stream.onMessage { [weak self] message in self?.receive(message) }
  }

  /// Returns the next message, or nil once the client has closed its side. Throws if the call has
  /// ended early.
  func next() async throws(RPCError) -> [UInt8]? {
    while true {
      switch try take() {
      case .message(let message):
        stream.consumed(1)
        return message
      case .end: return nil
      case .wait: await waitForInput()
      }
    }
  }

  private func take() throws(RPCError) -> Next {
    let result = state.withLock { state -> Result<Next, RPCError> in
      if let error = state.error { return .failure(error) }
      if state.head < state.messages.count {
        let message = state.messages[state.head]
        state.head += 1
        if state.head == state.messages.count {
          state.messages = []
          state.head = 0
        }
        return .success(.message(message))
      }
      return .success(state.isClosed ? .end : .wait)
    }
    return try result.get()
  }

  private func waitForInput() async {
    await withCheckedContinuation { continuation in
      let ready = state.withLock { state in
        if state.error != nil || state.isClosed || state.head < state.messages.count {
          return true
        }
        precondition(state.reader == nil, "a request stream has one reader")
        state.reader = continuation
        return false
      }
      if ready { continuation.resume() }
    }
  }

  private func receive(_ message: [UInt8]?) {
    wake { state in
      if let message { state.messages.append(message) } else { state.isClosed = true }
    }
  }

  func fail(_ error: RPCError) { wake { $0.error = error } }

  private func wake(_ change: (inout State) -> Void) {
    let reader = state.withLock { state in
      change(&state)
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }
}
