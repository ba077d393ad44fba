import TTRPC

/// The loop of callers that send a request, wait for its answer and send the next one.
final class ClosedLoop: LoadLoop {
  private var activeCallers = 0

  /// Time in nanoseconds after which an unreachable server ends the run.
  private static let patience: UInt64 = 10_000_000_000

  override func start(at now: UInt64) {
    for connection in connections {
      connection.onReopened = { [unowned self] in self.resume($0) }
      connection.onUnreachable = { [unowned self, unowned connection] error, since in
        self.unreachable(connection, error, since: since)
      }
    }
    activeCallers = slots.count
    for slot in slots { next(slot, RunState.now()) }
  }

  override func freed(_ slot: CallSlot, _ now: UInt64) { next(slot, now) }

  private func next(_ slot: CallSlot, _ now: UInt64) {
    guard let claim = state.claim(now) else { return retire() }
    slot.request = claim.request
    slot.isMeasured = claim.isMeasured
    attempt(slot, now)
  }

  private func attempt(_ slot: CallSlot, _ now: UInt64) {
    slot.planned = now
    switch send(slot, now) {
    case .sent: break
    case .notConnected: slot.connection.parked.append(slot)
    case .unmade: retire()
    }
  }

  private func resume(_ parked: [CallSlot]) {
    for slot in parked { attempt(slot, RunState.now()) }
  }

  private func unreachable(
    _ connection: LoadConnection,
    _ error: RPCError,
    since: UInt64
  ) -> Bool {
    let now = RunState.now()
    if now &- since >= Self.patience { state.stop(.unreachable) }
    if !state.isStopping, !timeIsOver(now) { return true }
    let parked = connection.parked
    connection.parked = []
    for slot in parked {
      slot.planned = since
      failed(slot, error, now)
      retire()
    }
    return false
  }

  private func timeIsOver(_ now: UInt64) -> Bool {
    guard let duration = settings.duration, state.measuringStartTime > 0,
      now >= state.measuringStartTime + duration.nanoseconds
    else { return false }
    state.stop(.duration)
    return true
  }

  private func retire() {
    activeCallers -= 1
    if activeCallers == 0 { done() }
  }
}
