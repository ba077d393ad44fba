import NIOCore
import Synchronization
import TTRPC

/// A streaming call, between its caller's tasks and its connection's loop. The mutex holds the
/// state that both share, the box the state that only the loop uses.
final class ClientStreamCore: ClientWaiter, ClientStreamSink, Sendable {
  private struct LoopState {
    var opening: CheckedContinuation<RPCError?, Never>?
    var started: (handler: ClientHandler, call: ClientCallID)?
    var cancelled = false
    /// True once a message has arrived: the server has seen the call.
    var heard = false
    var repeated = false
    /// Messages that the connection has accepted and the socket has not taken yet.
    var unreleased = ClientQueueSize()
  }

  let deadline: ContinuousClock.Instant?
  let limits: ClientLimits
  private let method: Method
  private let request: [UInt8]?
  private let metadata: Metadata
  private let link: ClientLink
  /// The client, kept alive with its connections while the stream is in use.
  private let client: TTRPCClient
  private let queues = Mutex(ClientStreamQueues())
  private let state: NIOLoopBoundBox<LoopState>

  init(
    _ method: Method,
    _ request: [UInt8]?,
    metadata: Metadata,
    deadline: ContinuousClock.Instant?,
    link: ClientLink,
    limits: ClientLimits,
    client: TTRPCClient
  ) {
    self.method = method
    self.request = request
    self.metadata = metadata
    self.deadline = deadline
    self.link = link
    self.limits = limits
    self.client = client
    state = .makeBoxSendingValue(LoopState(), eventLoop: link.loop)
    link.load.add(1, ordering: .relaxed)
  }

  deinit { link.load.subtract(1, ordering: .relaxed) }

  var size: ClientRequestSize {
    ClientRequestSize(method: method, payload: request?.count ?? 0, metadata: metadata)
  }

  /// Waits until the call has been sent. Returns the error that prevented it, or nil.
  func open() async -> RPCError? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        link.loop.execute { self.begin(continuation) }
      }
    } onCancel: {
      cancel()
    }
  }

  func send(_ message: [UInt8]) async throws(RPCError) {
    if message.count > limits.requestBytes {
      throw RPCError(
        code: .resourceExhausted,
        message: "the message takes \(message.count) bytes, allowed are \(limits.requestBytes)"
      )
    }
    let refusal: RPCError? =
      switch queues.withLock({ $0.admit(message.count) }) {
      case .admitted: nil
      case .refused(let error): error
      case .full: await waitForRoom(message.count)
      }
    if let refusal { throw refusal }
    link.loop.execute { self.write(message) }
  }

  private func waitForRoom(_ size: Int) async -> RPCError? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = queues.withLock { $0.admit(size, orWait: continuation) }
        switch answer {
        case .admitted: continuation.resume(returning: nil)
        case .refused(let error): continuation.resume(returning: error)
        case .full: break
        }
      }
    } onCancel: {
      cancel()
    }
  }

  func finishSending() {
    link.loop.execute {
      if let started = self.state.value.started { started.handler.finishSending(started.call) }
    }
  }

  func next() async throws(RPCError) -> [UInt8]? {
    let outcome: Result<[UInt8]?, RPCError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = queues.withLock { $0.take(orWait: continuation) }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      cancel()
    }
    if case .success(let message?) = outcome { took(message.count) }
    return try outcome.get()
  }

  /// Reports consumed messages to the connection, in batches, so that it reads on.
  private func took(_ bytes: Int) {
    let limits = limits
    guard let size = queues.withLock({ $0.took(bytes, limits: limits) }) else { return }
    link.loop.execute {
      guard let started = self.state.value.started else { return }
      started.handler.consumed(started.call, messages: size.messages, bytes: size.bytes)
    }
  }

  func cancel() {
    link.loop.execute { self.cancelOnLoop() }
  }
}

// Members that run on the loop.
extension ClientStreamCore {
  private func begin(_ continuation: CheckedContinuation<RPCError?, Never>) {
    if state.value.cancelled {
      continuation.resume(returning: .callerCancelled)
      return
    }
    state.value.opening = continuation
    link.submit(self)
  }

  func connected(_ handler: ClientHandler) {
    do throws(CallFailure) {
      let call = try handler.start(
        method,
        request: request,
        metadata: metadata,
        deadline: deadline,
        sink: .stream(self)
      )
      if !hasEnded { state.value.started = (handler, call) }
      opened(nil)
    } catch {
      notConnected(error)
    }
  }

  func notConnected(_ failure: CallFailure) {
    // The connection may have been drained: try once more, because the link opens another one.
    if failure.reach == .neverSeen, repeatUnseen() { return }
    end(failure.error)
    opened(failure.error)
  }

  private func opened(_ error: RPCError?) {
    state.value.opening.take()?.resume(returning: error)
  }

  private var hasEnded: Bool { queues.withLock { $0.hasEnded } }

  func received(_ bytes: UnsafeRawBufferPointer) {
    state.value.heard = true
    let message = [UInt8](bytes)
    let reader = queues.withLock { $0.deliver(message) }
    reader?.resume(returning: .success(message))
  }

  func ended(_ failure: CallFailure?) {
    state.value.started = nil
    if failure?.reach == .neverSeen, request != nil, repeatUnseen() { return }
    end(failure?.error)
  }

  /// Sends the call once more if the server certainly did not see it. Returns false if it sent
  /// nothing.
  private func repeatUnseen() -> Bool {
    let state = state.value
    guard !state.heard, !state.repeated, !state.cancelled else { return false }
    self.state.value.repeated = true
    link.loop.assumeIsolated().execute { self.link.submit(self) }
    return true
  }

  private func end(_ error: RPCError?) {
    let waiting = queues.withLock { $0.end(error) }
    waiting.reader?.resume(returning: error.map { .failure($0) } ?? .success(nil))
    for writer in waiting.writers { writer.resume(returning: error ?? .callIsOver) }
  }

  private func cancelOnLoop() {
    state.value.cancelled = true
    queues.withLock { $0.discard() }
    if let started = state.value.started {
      started.handler.cancel(started.call, .callerCancelled)
    } else if !hasEnded {
      link.forget(self)
      end(.callerCancelled)
      opened(.callerCancelled)
    }
  }

  private func write(_ message: [UInt8]) {
    guard let started = state.value.started else { return }
    do throws(RPCError) {
      try started.handler.send(started.call, message)
    } catch {
      started.handler.cancel(started.call, error)
      return
    }
    state.value.unreleased.add(message.count)
    if started.handler.canSend(self) { writable() }
  }

  func writable() {
    let released = state.value.unreleased
    state.value.unreleased = ClientQueueSize()
    let writers = queues.withLock { $0.release(released) }
    for writer in writers { writer.resume(returning: nil) }
  }
}

/// The caller's handle of a stream. Releasing it cancels the call.
final class ClientStreamHandle: ClientStream {
  private let core: ClientStreamCore

  init(_ core: ClientStreamCore) { self.core = core }

  deinit { core.cancel() }

  func send(_ message: [UInt8]) async throws(RPCError) { try await core.send(message) }

  func finishSending() async throws(RPCError) { core.finishSending() }

  func next() async throws(RPCError) -> [UInt8]? { try await core.next() }

  func cancel() { core.cancel() }
}
