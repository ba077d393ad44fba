import NIOCore
import TTRPC
import TTRPCNIO

/// The part of a run on one event loop: its connections, calls and measurements. ``ClosedLoop`` and
/// ``OpenLoop`` decide when to send the next request. Used on its loop only.
class LoadLoop {
  /// The result of an attempt to start a call.
  enum Sending {
    case sent
    /// The request could not be rendered, which ends the run.
    case unmade
    /// There is no open connection.
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
  /// True after an answer that was no refusal of the caller.
  private var isLetIn = false

  /// Creates a loop with its share of callers and connections.
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

  func connect() -> EventLoopFuture<Void> {
    .andAllSucceed(connections.map { $0.open() }, on: eventLoop)
  }

  /// Starts to send requests.
  func start(at now: UInt64) {}

  /// Called when a slot's call has ended.
  func freed(_ slot: CallSlot, _ now: UInt64) {}

  /// Stops sending requests.
  func stop() {}

  /// Closes the connections and returns the measurements.
  func finish() -> LoopStatistics {
    statistics.lostConnections = connections.reduce(0) { $0 + $1.losses }
    for connection in connections { connection.close() }
    return statistics
  }

  /// Returns the measurements since the last call of this function.
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
    let payload: ArraySlice<UInt8>
    do throws(TemplateError) {
      payload = try renderer.render(request: slot.request, worker: slot.worker)
    } catch {
      state.stop(error)
      return .unmade
    }
    slot.sent = now
    live.unary(
      settings.method,
      payload.span.bytes,
      timeout: settings.timeout,
      completion: slot.completion
    )
    callsInFlight += 1
    statistics.sent(payload.count, slot)
    return .sent
  }

  /// Counts a call that could not be sent or was not answered.
  func failed(_ slot: CallSlot, _ error: RPCError, _ now: UInt64) {
    statistics.failed(error, slot, now)
    if !slot.isMeasured { state.answeredInWarmup() }
  }

  /// Reports to the run that this loop has finished.
  func done() {
    guard !isDone else { return }
    isDone = true
    state.loopFinished()
  }

  /// Looks if the server lets the caller in at all; an error of another kind shows that it does.
  private func judge(_ error: RPCError) {
    switch error.code {
    case .unauthenticated, .permissionDenied: state.refused(error)
    default: letIn()
    }
  }

  private func letIn() {
    isLetIn = true
    state.letIn()
  }

  private func answered(
    _ slot: CallSlot,
    _ result: ClientAnswer
  ) {
    let now = RunState.now()
    callsInFlight -= 1
    switch result {
    case .success(let bytes):
      if !isLetIn { letIn() }
      statistics.succeeded(bytes.byteCount, slot, now)
      if let index = statistics.distinctPlaceholder, slot.isMeasured {
        statistics.distinct?.insert(
          template.value(of: index, request: slot.request, worker: slot.worker)
        )
      }
      if !slot.isMeasured { state.answeredInWarmup() }
    case .failure(let error):
      if !isLetIn { judge(error) }
      failed(slot, error, now)
    }
    freed(slot, now)
  }
}

/// The share of one loop in the callers and connections of a run.
struct LoopShare: Sendable, Equatable {
  let callers: Int
  let connections: Int
  /// The number of its first caller, counted from 1.
  let firstWorker: Int
  /// The distance between the numbers of its callers.
  let stride: Int

  /// Computes the share of loop `index` among `threads`.
  init(_ index: Int, of threads: Int, callers: Int, connections: Int) {
    self.callers = (callers - index + threads - 1) / threads
    self.connections = (connections - index + threads - 1) / threads
    firstWorker = index + 1
    stride = threads
  }
}
