/// A scan's outgoing stream. It belongs to the scan's thread.
package final class ScanStream {
  private let turn: ScanTurn
  private let sink: any ScanSink
  private let stallMax: Duration

  init(_ turn: ScanTurn, _ sink: any ScanSink, stallMax: Duration) {
    self.turn = turn
    self.sink = sink
    self.stallMax = stallMax
  }

  /// Sends a message. Blocks while the client accepts no more, and lets other scans run meanwhile.
  /// Throws when the scan must end: ``StoreError/snapshotTooOld(_:)``, ``StoreError/cancelled``,
  /// ``StoreError/deadlineExceeded`` or ``StoreError/closing``. Let the error pass: later messages
  /// are not delivered.
  package func send(_ message: [UInt8]) throws(StoreError) {
    let now = ContinuousClock.now
    if let reason = turn.control.stopReason(now: now) { throw reason }
    // Read before sending, so that a client that drains its queue in between is not missed.
    let seen = turn.control.resumes
    if sink.send(message) { return try turn.yieldIfDue(at: now) }
    try turn.park(after: seen, stallMax: stallMax)
  }
}
