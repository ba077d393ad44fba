/// A receiver of a scan's messages.
package protocol ScanSink: AnyObject, Sendable {
  /// Takes one message. Returns false if the client can take no more for now: the scan then waits
  /// until ``ScanHandle/resume()`` is called.
  func send(_ message: [UInt8]) -> Bool

  /// Ends the scan. Called once, after the snapshot was closed, with nil for success, a
  /// ``StoreError`` or the handler's own error.
  func finish(_ error: (any Error)?)
}

/// A streaming handler, queued for the scan lane.
package struct ScanJob: Sendable {
  /// The deadline of the call. Nil if it has none.
  package let deadline: ContinuousClock.Instant?
  package let sink: any ScanSink
  /// The handler. It runs on a thread of the scan lane.
  package let run: @Sendable (ReadTransaction, ScanStream) throws -> Void

  package init(
    deadline: ContinuousClock.Instant?,
    sink: any ScanSink,
    run: @escaping @Sendable (ReadTransaction, ScanStream) throws -> Void
  ) {
    self.deadline = deadline
    self.sink = sink
    self.run = run
  }
}

/// A handler with a single reply: a scan, or a point read that exceeded its budget.
package struct ReadJob: Sendable {
  /// The deadline of the call. Nil if it has none.
  package let deadline: ContinuousClock.Instant?
  package let sink: any ReplySink
  /// The call that the reply is for.
  package let token: ReplyToken
  /// The handler. It runs on a thread of the scan lane and returns the encoded response.
  package let run: @Sendable (ReadTransaction) throws -> [UInt8]

  package init(
    deadline: ContinuousClock.Instant?,
    sink: any ReplySink,
    token: ReplyToken,
    run: @escaping @Sendable (ReadTransaction) throws -> [UInt8]
  ) {
    self.deadline = deadline
    self.sink = sink
    self.token = token
    self.run = run
  }
}

/// A call's handle to its scan. Every method may be called from any thread.
package struct ScanHandle: Sendable {
  let control: ScanControl
  let lane: ScanLane

  /// Cancels the scan, because the call ended. A queued scan ends with ``StoreError/cancelled`` at
  /// once, a running one soon.
  package func cancel() { lane.cancel { $0 === control } }

  /// Lets the scan send again, because the client accepts messages.
  package func resume() { control.resume() }
}

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
