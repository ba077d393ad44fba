import NIOCore
import TTRPC
import TTRPCNIO

/// The part of a run that lives on one event loop: its connections, its calls, its measurements.
/// ``ClosedLoop`` and ``OpenLoop`` decide when the next call is made. Used on its loop only.
class LoadLoop {
  /// How an attempt to start a call ended.
  enum Sending {
    case sent
    /// The request could not be made, which ends the run.
    case unmade
    /// There is no connection.
    case notConnected
  }

  let eventLoop: any EventLoop
  let settings: LoadSettings
  let state: RunState
  let connections: [LoadConnection]
  private(set) var slots: [CallSlot] = []
  private(set) var callsInFlight = 0
  var statistics: LoopStatistics
  private let template: RequestTemplate
  private var renderer: RequestRenderer
  private var isDone = false

  /// `callers` and `connections` are this loop's share; its callers have every `stride`th number
  /// from `first`.
  init(
    eventLoop: any EventLoop,
    settings: LoadSettings,
    state: RunState,
    template: RequestTemplate,
    share: LoopShare
  ) {
    self.eventLoop = eventLoop
    self.settings = settings
    self.state = state
    self.template = template
    renderer = RequestRenderer(template)
    statistics = LoopStatistics(settings, template)
    connections = (0..<share.connections).map { _ in
      LoadConnection(eventLoop: eventLoop, settings: settings)
    }
    slots = (0..<share.callers).map { index in
      CallSlot(
        worker: share.firstWorker + index * share.stride,
        connection: connections[index % share.connections]
      )
    }
    for slot in slots {
      slot.completion = { [unowned self, unowned slot] result in self.answered(slot, result) }
    }
  }

  /// Opens the connections.
  func connect() -> EventLoopFuture<Void> {
    .andAllSucceed(connections.map { $0.open() }, on: eventLoop)
  }

  /// Begins to call.
  func start(at now: UInt64) {}

  /// A slot's call has ended.
  func freed(_ slot: CallSlot, _ now: UInt64) {}

  /// Makes no more calls.
  func stop() {}

  /// Closes the connections and tells what was measured.
  func finish() -> LoopStatistics {
    statistics.lostConnections = connections.reduce(0) { $0 + $1.losses }
    for connection in connections { connection.close() }
    return statistics
  }

  /// What happened since this was last asked.
  func takeInterval() -> IntervalStatistics {
    var interval = statistics.takeInterval()
    interval.callsInFlight = callsInFlight
    return interval
  }

  /// Sends the slot's request.
  func send(_ slot: CallSlot, _ now: UInt64) -> Sending {
    guard let live = slot.connection.live else { return .notConnected }
    guard live.isOpen else {
      slot.connection.lost()
      return .notConnected
    }
    let payload: UnsafeRawBufferPointer
    do throws(TemplateError) {
      payload = try renderer.render(request: slot.request, worker: slot.worker)
    } catch {
      state.stop(error)
      return .unmade
    }
    slot.sent = now
    live.unary(
      settings.method,
      payload,
      timeout: settings.timeout,
      completion: slot.completion
    )
    callsInFlight += 1
    statistics.sent(payload.count, slot)
    return .sent
  }

  /// Counts a call that could not be made or got no answer.
  func failed(_ slot: CallSlot, _ error: RPCError, _ now: UInt64) {
    statistics.failed(error, slot, now)
    if !slot.isMeasured { state.answeredInWarmup() }
  }

  /// Tells the run that this loop has nothing left to do.
  func done() {
    guard !isDone else { return }
    isDone = true
    state.loopFinished()
  }

  private func answered(
    _ slot: CallSlot,
    _ result: Result<UnsafeRawBufferPointer, RPCError>
  ) {
    let now = RunState.now()
    callsInFlight -= 1
    switch result {
    case .success(let bytes):
      statistics.succeeded(bytes.count, slot, now)
      if let index = statistics.distinctPlaceholder, slot.isMeasured {
        statistics.distinct?.insert(
          template.value(of: index, request: slot.request, worker: slot.worker)
        )
      }
      if !slot.isMeasured { state.answeredInWarmup() }
    case .failure(let error): failed(slot, error, now)
    }
    freed(slot, now)
  }
}

/// What one of several loops does.
struct LoopShare: Sendable, Equatable {
  let callers: Int
  let connections: Int
  /// The number of its first caller.
  let firstWorker: Int
  /// From one of its callers to the next.
  let stride: Int

  /// The share of loop `index` among `threads`.
  init(_ index: Int, of threads: Int, callers: Int, connections: Int) {
    self.callers = (callers - index + threads - 1) / threads
    self.connections = (connections - index + threads - 1) / threads
    firstWorker = index + 1
    stride = threads
  }
}
