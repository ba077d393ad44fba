import NIOCore
import TTRPC

/// The loop that sends requests by a plan, whether or not earlier ones were answered. Delays of the
/// server and of this program count, because latency starts at the planned time.
final class OpenLoop: LoadLoop {
  private let plan: RatePlan
  private let warmupCount: UInt64
  private let end: UInt64
  private var startTime: UInt64 = 0
  /// The index of this loop's next request.
  private var next: UInt64
  private let stride: UInt64
  private var free: [CallSlot]
  private var nextConnection = 0
  private var timerIsSet = false

  /// Delay in nanoseconds from which a request counts as late.
  static let lateness: UInt64 = 1_000_000

  init(
    eventLoop: any EventLoop,
    settings: LoadSettings,
    state: RunState,
    template: RequestTemplate,
    share: LoopShare,
    plan: RatePlan
  ) {
    self.plan = plan
    let counts = OpenLoop.counts(plan, settings)
    warmupCount = counts.warmup
    end = counts.warmup + counts.measured
    next = UInt64(share.firstWorker - 1)
    stride = UInt64(share.stride)
    free = []
    super.init(
      eventLoop: eventLoop,
      settings: settings,
      state: state,
      template: template,
      share: share
    )
    free = slots.reversed()
  }

  /// Returns the numbers of requests in the plan.
  static func counts(
    _ plan: RatePlan,
    _ settings: LoadSettings
  ) -> (warmup: UInt64, measured: UInt64) {
    let warmup = max(plan.count(within: settings.warmup.nanoseconds), settings.skipFirst)
    let timed = settings.duration.map { plan.count(within: $0.nanoseconds) } ?? .max / 4
    return (warmup, min(timed, settings.total ?? .max / 4))
  }

  override func start(at now: UInt64) {
    for connection in connections {
      // Requests that are due while disconnected fail, so the loop never gives up.
      connection.onUnreachable = { [unowned self] _, _ in !self.state.isStopping }
    }
    startTime = now
    pump()
  }

  override func freed(_ slot: CallSlot, _ now: UInt64) {
    free.append(slot)
    pump()
  }

  override func stop() {
    next = max(next, end)
    finishIfIdle()
  }

  private func pump() {
    if state.isStopping { next = max(next, end) }
    while next < end {
      let planned = startTime + plan.offset(of: next)
      let now = RunState.now()
      if planned > now {
        setTimer(planned - now)
        return
      }
      fire(next, planned, now)
      next += stride
    }
    finishIfIdle()
  }

  private func fire(_ request: UInt64, _ planned: UInt64, _ now: UInt64) {
    let isMeasured = request >= warmupCount
    if isMeasured, state.measuringStartTime == 0 {
      state.beginMeasuring(at: startTime + plan.offset(of: warmupCount))
    }
    guard let slot = free.popLast() else {
      if isMeasured { statistics.dropped += 1 }
      return
    }
    slot.request = request
    slot.isMeasured = isMeasured
    slot.planned = planned
    slot.connection = pickConnection()
    switch send(slot, now) {
    case .sent: statistics.left(now - planned, slot)
    case .unmade: free.append(slot)
    case .notConnected:
      failed(slot, Self.noConnection, now)
      free.append(slot)
    }
  }

  /// Returns the next open connection, or the next connection if none is open.
  private func pickConnection() -> LoadConnection {
    for _ in connections {
      nextConnection = nextConnection + 1 == connections.count ? 0 : nextConnection + 1
      if connections[nextConnection].live != nil { break }
    }
    return connections[nextConnection]
  }

  private func setTimer(_ nanoseconds: UInt64) {
    // The plan is monotonic, so a timer that is already set fires early enough.
    guard !timerIsSet else { return }
    timerIsSet = true
    let wait = TimeAmount.nanoseconds(Int64(clamping: nanoseconds))
    eventLoop.assumeIsolated().scheduleTask(in: wait) {
      self.timerIsSet = false
      self.pump()
    }
  }

  private func finishIfIdle() {
    guard next >= end, callsInFlight == 0 else { return }
    if settings.total.map({ $0 > end - warmupCount }) ?? true { state.planEnded(.duration) }
    done()
  }

  private static let noConnection = RPCError(
    code: .unavailable,
    message: "the request was due while there was no connection to the server"
  )
}
