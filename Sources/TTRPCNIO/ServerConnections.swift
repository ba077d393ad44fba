import NIOCore
import TTRPC

/// The connections of one loop, and the sweep that enforces their deadlines and timeouts. Used on
/// that loop only.
final class ServerConnections {
  let loop: ServerEventLoop
  let shared: ServerShared
  let dispatcher: any CallDispatcher
  let table: MethodTable
  let turns: ServerTurns
  let handshakes: ServerHandshakes
  /// Nil if nothing is counted.
  let counters: LoopCounters?
  private(set) var drainGraceMillis: Int?
  /// True in the second half of a drain.
  private(set) var hasStoppedReading = false
  private(set) var handlers: [UInt64: ServerHandler] = [:]
  /// The other loops of the server.
  let others: [ServerEventLoop]
  /// The connections without a place, the one that came first in front.
  var spare: [ServerHandler] = []
  var idleOrder = IdleOrder()
  private var sweep: Scheduled<Void>?
  private var sweepAt = ContinuousClock.now

  /// The time between sweeps when no deadline is near. Deadlines shorten it.
  private static let sweepInterval = Duration.milliseconds(250)
  /// The time between sweeps while draining.
  private static let drainInterval = Duration.milliseconds(10)
  /// The distance below which deadlines share a sweep.
  private static let sweepGranularity = Duration.milliseconds(5)
  /// The time for which a client may take nothing while answers take too much memory.
  private static let patience = Duration.milliseconds(100)
  /// The delay of a sweep from which on the loop counts as stalled.
  private static let forgivenStall = Duration.milliseconds(20)

  init(
    loop: ServerEventLoop,
    others: [ServerEventLoop],
    shared: ServerShared,
    dispatcher: any CallDispatcher
  ) {
    self.loop = loop
    self.others = others
    self.shared = shared
    self.dispatcher = dispatcher
    table = MethodTable(dispatcher.methods)
    turns = ServerTurns(loop, shared.limits)
    let maxHandshakes = shared.certificates?.settings.maxHandshakes ?? 0
    handshakes = ServerHandshakes(
      loop,
      max: max(1, maxHandshakes / (others.count + 1)),
      roundTime: .microseconds(shared.limits.turnMicros)
    )
    let slow = shared.slowCalls
    counters =
      shared.counts || slow != nil
      ? LoopCounters(methods: table.methods.count, slowCall: slow?.threshold) : nil
    guard let slow else { return }
    counters?.onSlowCall = { [unowned self] call in
      guard let handler = handlers[call.target.connection] else { return }
      slow.report(handler.peer, call)
    }
  }

  func add(_ handler: ServerHandler) {
    handlers[handler.id] = handler
    counters?.opened(handler.kind)
    planSweep(within: Self.sweepInterval)
  }

  func remove(_ handler: ServerHandler) {
    if handlers.removeValue(forKey: handler.id) == nil { return }
    counters?.closed(handler.kind, handler.closeReason)
    shared.onEnd?(
      EndedConnection(id: handler.id, peer: handler.peer, reason: handler.closeReason)
    )
  }

  /// Answers pending calls and serves streams. Every affected connection flushes once.
  func handle(_ completions: [Completion], _ streams: [ServerStreamQueue]) {
    counters?.setTime(.now)
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

  /// Lets a connection go on whose large frame has room.
  func inputGranted(_ id: UInt64) { handlers[id]?.inputGranted() }

  /// Schedules a sweep soon after `deadline`, unless an earlier one is scheduled.
  func watch(_ deadline: ContinuousClock.Instant?) {
    guard let deadline, deadline < sweepAt || sweep == nil else { return }
    planSweep(within: max(deadline - .now, .zero) + Self.sweepGranularity)
  }

  /// Refuses new calls; see ``ServerConnection/drain(graceMillis:)``.
  func drain(graceMillis: Int) {
    drainGraceMillis = graceMillis
    for handler in handlers.values { handler.drain(graceMillis: graceMillis) }
    planSweep(within: Self.drainInterval)
  }

  /// Answers the calls in flight and refuses all others; see ``ServerConnection/stopReading()``.
  func stopReading() {
    hasStoppedReading = true
    for handler in Array(handlers.values) { handler.stopReading() }
  }

  /// Closes every connection now, without waiting for its calls.
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
    counters?.setTime(now)
    forgiveStall(now)
    relieve(now)
    shared.freedMemory.returnIfDue(now)
    var next = drainGraceMillis == nil ? Self.sweepInterval : Self.drainInterval
    for handler in Array(handlers.values) {
      if let deadline = handler.tick(now) {
        next = min(next, max(deadline - now, .zero) + Self.sweepGranularity)
      }
    }
    if shared.answers.isPressed { next = min(next, Self.patience) }
    if !handlers.isEmpty { planSweep(within: next) }
  }

  /// Looks soon for a connection that must give way, if answers take too much memory.
  func answersGrew() {
    if shared.answers.isPressed { planSweep(within: Self.patience) }
  }

  /// Closes connections that leave the most answers unread, until the server has room for others.
  /// A connection with less than half of the average never has to go: the others may be of another
  /// loop.
  private func relieve(_ now: ContinuousClock.Instant) {
    guard shared.answers.isPressed else { return }
    var stalled = handlers.values.compactMap { handler in
      handler.unread(stalledFor: Self.patience, now).map { (handler: handler, unread: $0) }
    }
    stalled.sort {
      ($0.unread.bytes, $1.unread.since) > ($1.unread.bytes, $0.unread.since)
    }
    let average = shared.answers.untaken / max(1, shared.connectionCount)
    for (handler, unread) in stalled where unread.bytes >= average / 2 {
      guard shared.answers.isPressed else { return }
      handler.giveWay()
    }
  }

  /// Leaves the time out of all timeouts for which the loop was late: clients may have sent or read
  /// in time, and the loop has not looked at their sockets yet.
  private func forgiveStall(_ now: ContinuousClock.Instant) {
    let stall = now - sweepAt
    guard stall > Self.forgivenStall else { return }
    for handler in handlers.values { handler.forgive(stall) }
  }
}
