/// The counters of one I/O loop, and the hook of slow calls. Used on that loop only.
///
/// A connection without counters pays nothing. With them a call costs a few additions. The driver
/// sets the time, with readings of the clock that it mostly needs anyway: see ``setTime(_:)``.
package final class LoopCounters {
  /// Counts since the start.
  package private(set) var counts: LoopCounts
  /// Called at the end of a unary call that took at least the time that ``init(methods:slowCall:)``
  /// was given.
  package var onSlowCall: ((EndedCall) -> Void)?
  private let slowTicks: Int64
  private let bounds: [Int64]
  /// The time that the driver has set last.
  private(set) var now: Int64 = 0
  /// The call that is being dispatched.
  private(set) var current = CallOrigin()

  /// Creates counters of zero. Without `slowCall` no call is slow.
  package init(methods: Int, slowCall: Duration? = nil) {
    counts = LoopCounts(methods: methods)
    slowTicks = slowCall.map { LoopTicks.of($0) } ?? .max
    bounds = LoopCounts.boundsMicros.map { LoopTicks.of(.microseconds($0)) }
  }

  /// Sets the time of what the loop handles next: before input is handled, after the dispatcher has
  /// answered a unary call, and before calls end for another reason.
  package func setTime(_ time: ContinuousClock.Instant) { now = LoopTicks.at(time) }

  /// Counts a call or a connection that a limit has refused outside of a connection's calls.
  package func refused(_ limit: RefusedLimit) { counts.countRefusal(limit) }

  /// Counts bytes that a client has sent, without those of TLS.
  package func received(_ bytes: Int) { counts.bytesIn &+= UInt64(bytes) }

  /// Counts bytes that go to a client, without those of TLS.
  package func sent(_ bytes: Int) { counts.bytesOut &+= UInt64(bytes) }

  /// Counts a connection that was accepted.
  package func opened(_ transport: Transport) { counts.countOpening(transport) }

  /// Counts the end of a connection. Without a reason of the server the client has closed it.
  package func closed(_ transport: Transport, _ reason: CloseReason?) {
    counts.countEnd(transport, reason?.label ?? CloseReason.clientLabel)
  }

  func begin(_ method: Int) { current = CallOrigin(method: method, start: now) }

  /// Counts the end of a call, in any way.
  func ended(_ call: CallOrigin, _ kind: MethodKind, _ code: StatusCode, _ target: ReplyTarget) {
    counts.countCall(call.method, code)
    guard kind == .unary else { return }
    let ticks = max(0, now &- call.start)
    var bucket = 0
    while bucket < bounds.count, ticks > bounds[bucket] { bucket += 1 }
    counts.countDuration(call.method, bucket, ticks)
    guard ticks >= slowTicks, let onSlowCall else { return }
    onSlowCall(
      EndedCall(
        method: call.method,
        target: target,
        id: call.id,
        code: code,
        duration: LoopTicks.duration(ticks)
      )
    )
  }

  /// Counts a call that was not dispatched. A nil method is one that does not exist.
  func rejected(_ method: Int?, _ code: StatusCode) {
    counts.countCall(method ?? counts.methods, code)
  }
}

/// A call as it ended, for a log.
package struct EndedCall: Sendable, Equatable {
  /// The method's index in the dispatcher's array.
  package let method: Int
  /// The connection and the stream of the call.
  package let target: ReplyTarget
  /// The number that the dispatcher gave the call, see ``ConnectionSession/callID``; 0 for none.
  package let id: UInt64
  /// The status with which it ended.
  package let code: StatusCode
  /// The time from the request's turn to the answer, waits in queues of the server included.
  package let duration: Duration
}

/// The beginning of a call, kept until its end.
struct CallOrigin {
  var method = 0
  /// The time at which the call began, in ticks.
  var start: Int64 = 0
  /// See ``EndedCall/id``.
  var id: UInt64 = 0
}

extension ServerConnection {
  /// Counts the end of the call that is being dispatched; a nil error is success.
  func countDispatched(_ stream: UInt32, _ error: RPCError? = nil) {
    guard let counters else { return }
    var call = counters.current
    call.id = session.callID
    count(call, .unary, stream, error, counters)
  }

  /// Counts the end of a call that was kept; a nil error is success.
  func count(_ call: ServerCallState, _ stream: UInt32, _ error: RPCError?) {
    guard let counters else { return }
    count(call.origin, call.kind, stream, error, counters)
  }

  private func count(
    _ call: CallOrigin,
    _ kind: MethodKind,
    _ stream: UInt32,
    _ error: RPCError?,
    _ counters: LoopCounters
  ) {
    let target = ReplyTarget(connection: id, stream: stream)
    counters.ended(call, kind, error?.code ?? .ok, target)
    if let error, error.code == .resourceExhausted {
      counters.refused(RefusedLimit(of: error))
    }
  }

  /// Counts a call that was not dispatched.
  func countRejected(_ method: Int?, _ error: RPCError, _ limit: RefusedLimit?) {
    guard let counters else { return }
    counters.rejected(method, error.code)
    if error.code == .resourceExhausted { counters.refused(limit ?? RefusedLimit(of: error)) }
  }

  /// Counts the end of a call that its client has given up.
  func countAbandoned(_ call: ServerCallState, _ stream: UInt32) {
    guard let counters else { return }
    let target = ReplyTarget(connection: id, stream: stream)
    counters.ended(call.origin, call.kind, .cancelled, target)
  }
}
