/// The share of its I/O thread that a connection has before other connections run. A turn handles
/// at least one frame.
///
/// A turn is shorter the more connections wait for theirs, so that one with a single request is
/// served soon beside many that send without end.
struct ServerTurn {
  private var framesLeft: Int
  private let micros: Int
  private let start: ContinuousClock.Instant
  private var hasBegun = false

  /// The calls and microseconds that a turn has however many wait: fewer would make turns dearer
  /// than their calls.
  private static let leastCalls = 8
  private static let leastMicros = 100

  /// Begins a turn while `waiting` other connections wait for theirs.
  init(_ limits: Limits, _ now: ContinuousClock.Instant, waiting: Int = 0) {
    let (calls, time) = (limits.callsPerTurn, limits.turnMicros)
    framesLeft = max(calls / (waiting + 1), min(calls, Self.leastCalls))
    micros = max(time / (waiting + 1), min(time, Self.leastMicros))
    start = now
  }

  mutating func count() {
    framesLeft -= 1
    hasBegun = true
  }

  func isOver(_ now: ContinuousClock.Instant) -> Bool {
    hasBegun && (framesLeft <= 0 || start.duration(to: now) >= .microseconds(micros))
  }
}

extension ServerConnection {
  /// Begins a turn: the connection handles frames until ``Limits/callsPerTurn`` or
  /// ``Limits/turnMicros`` is reached, then ``next(_:consumed:now:)`` returns ``ServerStep/yield``.
  /// `waiting` other connections wait for theirs and share both.
  public mutating func beginTurn(now: ContinuousClock.Instant, waiting: Int = 0) {
    turn = ServerTurn(limits, now, waiting: waiting)
  }

  /// Returns true if a ``ServerStep/blocked`` would not come again at once, so that the rest of the
  /// input deserves a turn.
  public var mayGoOn: Bool {
    if case .waiting = phase { return false }
    return !isFull && !hasReservedAll && !timers.isHeld && !isExhausted && !inbound.isWaiting
  }

  /// True if more bytes wait to be sent than the limit allows.
  var isFull: Bool { output.count + socketBytes >= limits.outboundBytes }

  /// True if the answers of pending calls may pass the limit. One call may always be pending.
  var hasReservedAll: Bool {
    reserve.bytes > 0 && output.count + socketBytes + reserve.bytes >= limits.outboundBytes
  }

  /// The time since which the client has taken no output, or nil while it does.
  public var stalledSince: ContinuousClock.Instant? { timers.stalledSince }

  /// Records that input was added to the rest that a ``ServerStep/blocked`` left.
  public mutating func inputArrived() { isExhausted = false }

  /// Records that input waited for its turn until `now`: the connection is neither idle nor late.
  public mutating func inputWaits(until now: ContinuousClock.Instant) {
    timers.inputWaits(until: now)
  }

  /// Leaves the time during which the server itself stood still out of every timeout.
  public mutating func forgive(_ stall: Duration) {
    timers.forgive(stall)
    inbound.forgive(stall)
  }
}
