import NIOCore
import TTRPC

/// The connections of one loop and the sweep that watches their time. Used on that loop only.
final class ServerConnections {
  let loop: ServerEventLoop
  let shared: ServerShared
  let dispatcher: any CallDispatcher
  let table: MethodTable
  private(set) var drainGraceMillis: Int?
  private var handlers: [UInt64: ServerHandler] = [:]
  private var sweep: Scheduled<Void>?
  private var sweepAt = ContinuousClock.now

  /// Time between sweeps when no deadline is near. Deadlines shorten it.
  private static let sweepInterval = Duration.milliseconds(250)
  /// While draining, connections are looked at more often.
  private static let drainInterval = Duration.milliseconds(10)
  /// Deadlines that lie closer together share a sweep.
  private static let sweepGranularity = Duration.milliseconds(5)

  init(loop: ServerEventLoop, shared: ServerShared, dispatcher: any CallDispatcher) {
    self.loop = loop
    self.shared = shared
    self.dispatcher = dispatcher
    table = MethodTable(dispatcher.methods)
  }

  func add(_ handler: ServerHandler) {
    handlers[handler.id] = handler
    planSweep(within: Self.sweepInterval)
  }

  func remove(_ handler: ServerHandler) { handlers[handler.id] = nil }

  /// Answers pending calls and serves streams; every connection that was touched flushes once.
  func handle(_ completions: [Completion], _ streams: [ServerStreamQueue]) {
    var touched: [ServerHandler] = []
    func touch(_ handler: ServerHandler) {
      if handler.needsFlush { return }
      handler.needsFlush = true
      touched.append(handler)
    }
    for completion in completions {
      guard let handler = handlers[completion.target.connection] else { continue }
      handler.complete(completion)
      touch(handler)
    }
    for stream in streams {
      guard let handler = handlers[stream.target.connection] else { continue }
      handler.serve(stream)
      touch(handler)
    }
    for handler in touched { handler.finishTurn() }
  }

  /// Makes sure that a sweep runs soon after `deadline`.
  func watch(_ deadline: ContinuousClock.Instant?) {
    guard let deadline, deadline < sweepAt || sweep == nil else { return }
    planSweep(within: max(deadline - .now, .zero) + Self.sweepGranularity)
  }

  /// Takes no new calls; see ``ServerConnection/drain(graceMillis:)``.
  func drain(graceMillis: Int) {
    drainGraceMillis = graceMillis
    for handler in handlers.values { handler.drain(graceMillis: graceMillis) }
    planSweep(within: Self.drainInterval)
  }

  /// Ends every connection now.
  func closeAll() {
    sweep?.cancel()
    for handler in Array(handlers.values) { handler.closeNow() }
  }

  private func planSweep(within delay: Duration) {
    let wanted = ContinuousClock.now + delay
    if sweep != nil, sweepAt <= wanted { return }
    sweep?.cancel()
    sweepAt = wanted
    let nanos =
      delay.components.seconds * 1_000_000_000 + delay.components.attoseconds / 1_000_000_000
    sweep = loop.eventLoop.scheduleTask(in: .nanoseconds(nanos)) { [weak loop] in
      loop?.connections?.runSweep()
    }
  }

  private func runSweep() {
    sweep = nil
    let now = ContinuousClock.now
    var next = drainGraceMillis == nil ? Self.sweepInterval : Self.drainInterval
    for handler in Array(handlers.values) {
      if let deadline = handler.tick(now) {
        next = min(next, max(deadline - now, .zero) + Self.sweepGranularity)
      }
    }
    if !handlers.isEmpty { planSweep(within: next) }
  }
}
