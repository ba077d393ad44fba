/// The time at which a client connection last received bytes, and the PING that waits for its PONG.
struct ClientKeepalive {
  /// The last time at which bytes arrived, or at which the connection stopped being idle.
  private(set) var lastHeard: ContinuousClock.Instant?
  var pingSent: ContinuousClock.Instant?

  mutating func heard(_ now: ContinuousClock.Instant) {
    lastHeard = now
    pingSent = nil
  }
}

// Deadlines, stalled streams and keepalive.
extension ClientConnection {
  /// Returns the time at which ``tick(_:)`` is due next, or nil if nothing waits for time.
  public mutating func nextTick() -> ContinuousClock.Instant? {
    var soonest = deadlines.next(calls)
    for other in [keepaliveDue, stallDue] {
      guard let other else { continue }
      soonest = min(soonest ?? other, other)
    }
    return soonest
  }

  /// Fails calls past their deadline and streams that hold up other calls, and sends keepalive
  /// PINGs. Closes the connection if a PONG is overdue.
  public mutating func tick(_ now: ContinuousClock.Instant) {
    expireCalls(now)
    failStalledStreams(now)
    keepAlive(now)
  }

  private mutating func expireCalls(_ now: ContinuousClock.Instant) {
    while let stream = deadlines.popExpired(now, calls), let call = calls.find(stream) {
      cancel(call, Self.deadlinePassed(sent: true))
    }
  }

  private var stallDue: ContinuousClock.Instant? {
    guard calls.count > fullStreams else { return nil }
    return stalledSince?.advanced(by: limits.stallTimeout)
  }

  private mutating func failStalledStreams(_ now: ContinuousClock.Instant) {
    guard let due = stallDue, due <= now else { return }
    for call in calls.all {
      guard let since = calls[call]?.fullSince, now - since >= limits.stallTimeout else { continue }
      let message =
        "this stream was not read for \(limits.stallTimeout) while other calls waited for the"
        + " connection: read faster or use a connection of its own"
      sendCancel(call, code: .resourceExhausted)
      fail(call, CallFailure(RPCError(code: .resourceExhausted, message: message)))
    }
    stalledSince = calls.all.compactMap { calls[$0]?.fullSince }.min()
  }

  /// The time at which the next PING is due or the last one times out. Nil while the socket is not
  /// read: then silence proves nothing.
  private var keepaliveDue: ContinuousClock.Instant? {
    guard peerCapabilities?.contains(.ping) == true, let interval = limits.keepaliveInterval,
      !calls.isEmpty, wantsRead, let heard = keepalive.lastHeard
    else { return nil }
    if let sent = keepalive.pingSent { return sent.advanced(by: limits.keepaliveTimeout) }
    return heard.advanced(by: interval)
  }

  private mutating func keepAlive(_ now: ContinuousClock.Instant) {
    guard let due = keepaliveDue, due <= now else { return }
    if keepalive.pingSent != nil {
      close(
        RPCError(
          code: .unavailable,
          message: "the server did not answer a PING within \(limits.keepaliveTimeout): "
            + "it hangs, or the network between is broken"
        )
      )
      return
    }
    keepalive.pingSent = now
    let opaque = [UInt8](repeating: 0, count: Extensions.pingBytes)
    opaque.withUnsafeBytes { output.appendFrame(.ping, stream: 0, body: $0) }
  }
}
