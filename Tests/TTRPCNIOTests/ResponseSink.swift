import Synchronization
import TTRPC

/// The sink for a streaming call's response messages, for one writer.
final class ResponseSink: Sendable {
  private let stream: any ServerStream
  private let state = Mutex(State())

  private struct State {
    var isWritable = true
    var error: RPCError?
    var writer: CheckedContinuation<Void, Never>?
    var onWait: @Sendable () -> Void = {}
  }

  init(_ stream: any ServerStream) {
    self.stream = stream
    stream.onWritable { [weak self] in self?.wake { $0.isWritable = true } }
  }

  /// Sets the action that runs when a handler begins to wait for the client.
  func onWait(_ action: @escaping @Sendable () -> Void) {
    state.withLock { $0.onWait = action }
  }

  /// Sends a message and waits while the client is slower than the handler. Throws if the call has
  /// ended early.
  func send(_ message: [UInt8]) async throws(RPCError) {
    try check { $0.isWritable = false }
    if !stream.send(message) { await waitForRoom() }
    try check { _ in }
  }

  private func check(_ change: (inout State) -> Void) throws(RPCError) {
    let error = state.withLock { state in
      change(&state)
      return state.error
    }
    if let error { throw error }
  }

  private func waitForRoom() async {
    let onWait = state.withLock { $0.onWait }
    onWait()
    await withCheckedContinuation { continuation in
      let ready = state.withLock { state in
        if state.isWritable || state.error != nil { return true }
        precondition(state.writer == nil, "a response sink has one writer")
        state.writer = continuation
        return false
      }
      if ready { continuation.resume() }
    }
  }

  func fail(_ error: RPCError) { wake { $0.error = error } }

  private func wake(_ change: (inout State) -> Void) {
    let writer = state.withLock { state in
      change(&state)
      defer { state.writer = nil }
      return state.writer
    }
    writer?.resume()
  }
}
