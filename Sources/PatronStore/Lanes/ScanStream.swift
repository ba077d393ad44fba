/// A scan's outgoing stream. It belongs to the scan's thread.
package final class ScanStream {
  private let control: ScanControl
  private let sink: any ScanSink
  private let stallMax: Duration

  init(_ control: ScanControl, _ sink: any ScanSink, stallMax: Duration) {
    self.control = control
    self.sink = sink
    self.stallMax = stallMax
  }

  /// Sends a message and blocks while the client accepts no more. Throws when the scan must end:
  /// ``StoreError/snapshotTooOld(_:)``, ``StoreError/cancelled``, ``StoreError/deadlineExceeded``
  /// or ``StoreError/closing``. Let the error pass: later messages are not delivered.
  package func send(_ message: [UInt8]) throws(StoreError) {
    if let reason = control.stopReason() { throw reason }
    // Read before sending, so that a client that drains its queue in between is not missed.
    let seen = control.resumes
    if sink.send(message) { return }
    try control.waitForResume(after: seen, stallMax: stallMax)
  }
}
