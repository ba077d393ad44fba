import Synchronization
import TTRPC

/// A streaming call as its handler sees it. Handlers on any thread put work into its queues; the
/// connection's loop takes it out.
final class ServerStreamQueue: ServerStream {
  let target: ReplyTarget
  private let loop: ServerEventLoop
  private let maxBytes: Int
  /// The answers of the server, which hold the bytes of the outbox.
  private let answers: AnswerTotal
  private let state = Mutex(State())

  private struct State {
    var outbox: [[UInt8]] = []
    var outboxHead = 0
    var outboxBytes = 0
    /// The messages that came before the handler set its callback; nil is the client's close.
    var heldBack: [[UInt8]?] = []
    var consumed = 0
    var isPosted = false
    var wantsWritable = false
    var end = End.none
    var callbacks = Callbacks()

    var hasMessages: Bool { outboxHead < outbox.count }

    mutating func dropOutbox() {
      outbox = []
      outboxHead = 0
      outboxBytes = 0
    }
  }

  /// The handler's callbacks. They are taken out of the state when the call ends, because they
  /// often retain the owner of the stream. They are released outside the lock, because that may run
  /// any code.
  private struct Callbacks {
    var onWritable: (@Sendable () -> Void)?
    var onMessage: (@Sendable ([UInt8]?) -> Void)?
    var onCancel: (@Sendable (RPCError) -> Void)?
  }

  private enum End {
    case none
    case finished(RPCError?)
    case overflowed(RPCError)
    case cancelled(RPCError)
  }

  /// The state of the queue after the loop has moved messages.
  enum Served {
    case empty
    case hasMessages
    case finished(RPCError?)
    case overflowed(RPCError)
  }

  init(target: ReplyTarget, loop: ServerEventLoop, maxBytes: Int, _ answers: AnswerTotal) {
    self.target = target
    self.loop = loop
    self.maxBytes = maxBytes
    self.answers = answers
  }

  /// Returns the share of the limit that a message takes, in bytes. Empty messages are not free.
  private static func cost(_ message: [UInt8]) -> Int { message.count + 32 }

  /// The queued bytes from which on `send` returns false; the handler may go on below a quarter of
  /// it.
  private var highWater: Int { maxBytes / 4 }

  // MARK: For handlers

  func send(_ message: [UInt8]) -> Bool {
    let (goOn, posts) = state.withLock { state -> (Bool, Bool) in
      guard case .none = state.end else { return (false, false) }
      if state.hasMessages, state.outboxBytes + Self.cost(message) > maxBytes {
        answers.add(-state.outboxBytes)
        state.dropOutbox()
        state.end = .overflowed(overflow)
        return (false, post(&state))
      }
      state.outbox.append(message)
      state.outboxBytes += Self.cost(message)
      answers.add(Self.cost(message))
      let full = state.outboxBytes >= highWater || answers.isFull
      if full { state.wantsWritable = true }
      return (!full, post(&state))
    }
    if posts { loop.post(self) }
    return goOn
  }

  func finish(_ error: RPCError?) {
    change { state in
      guard case .none = state.end else { return false }
      state.end = .finished(error)
      return true
    }
  }

  func onWritable(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.callbacks.onWritable = body }
  }

  func onMessage(_ body: @escaping @Sendable ([UInt8]?) -> Void) {
    change { state in
      state.callbacks.onMessage = body
      return !state.heldBack.isEmpty
    }
  }

  func consumed(_ count: Int) {
    change { state in
      state.consumed += count
      return true
    }
  }

  func onCancel(_ body: @escaping @Sendable (RPCError) -> Void) {
    let happened = state.withLock { state -> RPCError? in
      if case .cancelled(let error) = state.end { return error }
      state.callbacks.onCancel = body
      return nil
    }
    if let happened { body(happened) }
  }

  private func change(_ body: (inout State) -> Bool) {
    let posts = state.withLock { state in body(&state) && post(&state) }
    if posts { loop.post(self) }
  }

  /// Marks the queue as posted. Returns true if the caller must post it to the loop.
  private func post(_ state: inout State) -> Bool {
    if state.isPosted { return false }
    state.isPosted = true
    return true
  }

  private var overflow: RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the stream's messages are not read fast enough: more than \(maxBytes) bytes wait \
        (\(Limits.flag(for: \.streamOutboundBytes)))
        """
    )
  }

  // MARK: For the loop

  /// The bytes that wait in the queue.
  var queuedBytes: Int { state.withLock { $0.outboxBytes } }

  /// Delivers a message to the handler; nil is the client's close.
  func deliver(_ message: [UInt8]?) {
    let body = state.withLock { state -> (@Sendable ([UInt8]?) -> Void)? in
      if state.heldBack.isEmpty, let body = state.callbacks.onMessage { return body }
      state.heldBack.append(message)
      return nil
    }
    body?(message)
  }

  func deliverHeldBack() {
    while true {
      let next = state.withLock {
        state -> (body: @Sendable ([UInt8]?) -> Void, message: [UInt8]?)? in
        guard let body = state.callbacks.onMessage, !state.heldBack.isEmpty else { return nil }
        return (body, state.heldBack.removeFirst())
      }
      guard let next else { return }
      next.body(next.message)
    }
  }

  func takeConsumed() -> Int {
    state.withLock { state in
      state.isPosted = false
      defer { state.consumed = 0 }
      return state.consumed
    }
  }

  func takeMessage() -> [UInt8]? {
    state.withLock { state in
      guard state.hasMessages else { return nil }
      let message = state.outbox[state.outboxHead]
      state.outbox[state.outboxHead] = []
      state.outboxHead += 1
      state.outboxBytes -= Self.cost(message)
      answers.add(-Self.cost(message))
      if !state.hasMessages { state.dropOutbox() }
      return message
    }
  }

  /// Returns the work that is left after messages were taken. Calls `onWritable` if the handler
  /// waits and there is room again.
  func takeState() -> Served {
    let (served, writable) = state.withLock { state -> (Served, (@Sendable () -> Void)?) in
      switch state.end {
      case .overflowed(let error): return (.overflowed(error), nil)
      case .finished(let error) where !state.hasMessages: return (.finished(error), nil)
      case .none, .finished, .cancelled: break
      }
      let served = state.hasMessages ? Served.hasMessages : .empty
      guard state.wantsWritable, state.outboxBytes <= highWater / 4 else { return (served, nil) }
      state.wantsWritable = false
      return (served, state.callbacks.onWritable)
    }
    writable?()
    return served
  }

  /// Releases the callbacks after the handler has finished the call and the loop has ended it.
  func release() {
    _ = state.withLock { state in
      defer { state.callbacks = Callbacks() }
      return state.callbacks
    }
  }

  /// Ends the call before its handler has finished it, and notifies the handler.
  func cancel(_ error: RPCError) {
    let callbacks = state.withLock { state -> Callbacks in
      answers.add(-state.outboxBytes)
      state.dropOutbox()
      state.heldBack = []
      var told = state.callbacks
      if case .finished = state.end { told.onCancel = nil } else { state.end = .cancelled(error) }
      state.callbacks = Callbacks()
      return told
    }
    callbacks.onCancel?(error)
  }
}
