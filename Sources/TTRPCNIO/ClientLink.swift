import NIOCore
import Synchronization
import TTRPC

/// A call that waits for a connection. Its members are called on the link's loop.
protocol ClientWaiter: AnyObject {
  var deadline: ContinuousClock.Instant? { get }
  var size: ClientRequestSize { get }
  func connected(_ handler: ClientHandler)
  func notConnected(_ failure: CallFailure)
}

/// One of a client's connections over time. It is opened when a call needs it, and replaced when it
/// is lost, drained or out of stream ids. After a failure to connect it backs off.
///
/// `@unchecked Sendable`: everything except ``load`` and constants is used on ``loop`` only; entry
/// points check it.
final class ClientLink: @unchecked Sendable {
  let loop: any EventLoop
  /// The number of calls submitted to this link that have not ended. Readable on any thread.
  let load = Atomic<Int>(0)

  private let connector: ClientConnector
  private let target: ClientTarget
  private let backoff: ClientBackoff
  private let waitForReady: Bool
  private let greeting: Method?
  private let greetingTimeout: Duration
  private var random: ClientRandom
  private var state = State.idle
  private var failures = 0
  private var lastError: RPCError?
  /// True if waiting does not help against the last failure to connect.
  private var isHopeless = false
  private var waiting: [Waiting] = []
  /// The connection whose greeting is not answered yet; calls wait for it.
  private var greeted: ClientHandler?
  /// Drained connections whose last calls are still in flight.
  private var retired: [ClientHandler] = []
  private var closePromises: [EventLoopPromise<Void>] = []

  private enum State {
    case idle
    case connecting
    case ready(ClientHandler)
    /// No attempt to connect is made before `until`.
    case backingOff(until: ContinuousClock.Instant)
    case closed
  }

  private struct Waiting {
    let waiter: any ClientWaiter
    let timer: Scheduled<Void>?
  }

  init(loop: any EventLoop, configuration: ClientConfiguration, random: ClientRandom) {
    self.loop = loop
    connector = ClientConnector(configuration)
    target = configuration.target
    backoff = configuration.reconnect
    waitForReady = configuration.waitForReady
    greeting = configuration.greeting
    greetingTimeout = configuration.connectTimeout
    self.random = random
  }

  /// Passes the waiter a connection, now or later, or the reason why there is none.
  func submit(_ waiter: any ClientWaiter) {
    loop.preconditionInEventLoop()
    switch state {
    case .ready(let handler):
      guard let greeting, !handler.isKnown, handler.mustGreet(before: waiter.size) else {
        waiter.connected(handler)
        return
      }
      enqueue(waiter)
      greet(handler, greeting)
    case .idle:
      enqueue(waiter)
      connect()
    case .connecting: enqueue(waiter)
    case .backingOff(let until):
      if waitForReady, !isHopeless {
        enqueue(waiter)
      } else {
        waiter.notConnected(CallFailure(unreachable(until), reach: .notSent))
      }
    case .closed: waiter.notConnected(CallFailure(Self.clientClosed, reach: .notSent))
    }
  }

  /// Removes a waiter that was cancelled. It is not called any more.
  func forget(_ waiter: any ClientWaiter) {
    loop.preconditionInEventLoop()
    guard let index = waiting.firstIndex(where: { $0.waiter === waiter }) else { return }
    waiting.remove(at: index).timer?.cancel()
  }

  /// Refuses new calls, gives those in flight `grace` and fails the rest with CANCELLED.
  func close(grace: Duration) -> EventLoopFuture<Void> {
    loop.flatSubmit {
      if case .ready(let handler) = self.state { self.retire(handler) }
      self.state = .closed
      self.failWaiting(CallFailure(Self.clientClosed, reach: .notSent))
      let promise = self.loop.makePromise(of: Void.self)
      self.closePromises.append(promise)
      self.finishClosing()
      if !self.retired.isEmpty {
        self.loop.scheduleTask(in: TimeAmount(grace)) { self.closeRetired() }
      }
      return promise.futureResult
    }
  }

  private static let clientClosed = RPCError(
    code: .failedPrecondition,
    message: "this client was closed: make another one"
  )

  private func enqueue(_ waiter: any ClientWaiter) {
    var timer: Scheduled<Void>?
    if let deadline = waiter.deadline {
      let left = max(deadline - ContinuousClock.now, .zero)
      timer = loop.assumeIsolated().scheduleTask(in: TimeAmount(left)) { self.expire(waiter) }
    }
    waiting.append(Waiting(waiter: waiter, timer: timer))
  }

  private func expire(_ waiter: any ClientWaiter) {
    guard waiting.contains(where: { $0.waiter === waiter }) else { return }
    forget(waiter)
    let why = lastError.map { "; the last attempt: \($0.message)" } ?? ""
    let error = RPCError(
      code: .deadlineExceeded,
      message: "the deadline passed while the call waited for a connection to \(target)\(why)"
    )
    waiter.notConnected(CallFailure(error, reach: .notSent))
  }

  private func connect() {
    state = .connecting
    connector.connect(on: loop).assumeIsolated().whenComplete { result in
      switch result {
      case .success(let handler): self.connected(handler)
      case .failure(let error): self.failed(error)
      }
    }
  }

  private func connected(_ handler: ClientHandler) {
    handler.onDraining = { [weak handler] _ in if let handler { self.retire(handler) } }
    handler.onClosed = { [weak handler] error in
      if let handler { self.lost(handler, error) }
    }
    if case .closed = state {
      retire(handler)
      return
    }
    failures = 0
    lastError = nil
    isHopeless = false
    state = .ready(handler)
    submitWaiting()
  }

  private func submitWaiting() {
    let served = waiting
    waiting = []
    for entry in served {
      entry.timer?.cancel()
      // The first calls may use up the connection.
      submit(entry.waiter)
    }
  }

  /// Makes the greeting of a connection once, and afterwards the calls that wait for it.
  private func greet(_ handler: ClientHandler, _ method: Method) {
    guard greeted !== handler else { return }
    greeted = handler
    let deadline = ContinuousClock.now.advanced(by: greetingTimeout)
    handler.greet(method, deadline: deadline) { failure in
      guard self.greeted === handler else { return }
      self.greeted = nil
      if case .ready(let current) = self.state, current === handler, let failure {
        self.failWaiting(failure)
      } else {
        // Calls that wait for another connection by now go on waiting.
        self.submitWaiting()
      }
    }
  }

  private func failed(_ error: any Error) {
    guard case .connecting = state else { return }
    let failure = error as? ClientConnectFailure
    let error =
      failure?.error ?? RPCError(code: .unavailable, message: "cannot connect to \(target)")
    lastError = error
    isHopeless = failure?.isFinal == true
    failures += 1
    let wait = backoff.delay(failures: failures, using: &random)
    state = .backingOff(until: ContinuousClock.now.advanced(by: wait))
    if !waitForReady || isHopeless { failWaiting(CallFailure(error, reach: .notSent)) }
    loop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) { self.backoffEnded() }
  }

  private func backoffEnded() {
    guard case .backingOff = state else { return }
    if waiting.isEmpty { state = .idle } else { connect() }
  }

  private func unreachable(_ until: ContinuousClock.Instant) -> RPCError {
    var error = lastError ?? RPCError(code: .unavailable, message: "cannot connect to \(target)")
    let left = max(until - ContinuousClock.now, .zero).inSeconds
    error.message += " (next attempt in \((left * 10).rounded(.up) / 10) s)"
    return error
  }

  private func failWaiting(_ failure: CallFailure) {
    let failed = waiting
    waiting = []
    for entry in failed {
      entry.timer?.cancel()
      entry.waiter.notConnected(failure)
    }
  }
}

// The end of connections.
extension ClientLink {
  /// Drains a connection: its calls in flight go on, and the next call opens another connection.
  private func retire(_ handler: ClientHandler) {
    if case .ready(let current) = state, current === handler { state = .idle }
    guard !retired.contains(where: { $0 === handler }) else { return }
    retired.append(handler)
    handler.onIdle = { [weak handler] in handler?.close(Self.drained) }
    handler.drain(reason: "the client is closing it")
    if handler.callsInFlight == 0 {
      // Later, because the call that used up the connection is just being started.
      loop.assumeIsolated().execute {
        if handler.callsInFlight == 0 { handler.close(Self.drained) }
      }
    }
  }

  private static let drained = RPCError(code: .unavailable, message: "the connection was drained")

  private func lost(_ handler: ClientHandler, _ error: RPCError) {
    if case .ready(let current) = state, current === handler {
      state = .idle
      lastError = error
    }
    retired.removeAll { $0 === handler }
    finishClosing()
  }

  private func closeRetired() {
    let error = RPCError(
      code: .cancelled,
      message: "the client was closed before the call was answered"
    )
    for handler in retired { handler.close(error) }
  }

  private func finishClosing() {
    guard retired.isEmpty, case .closed = state else { return }
    let promises = closePromises
    closePromises = []
    for promise in promises { promise.succeed() }
  }
}
