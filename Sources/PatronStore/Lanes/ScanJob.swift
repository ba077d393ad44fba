/// Takes the messages of a scan.
package protocol ScanSink: AnyObject, Sendable {
  /// Takes one message. False when it has enough for now: the scan waits until
  /// ``ScanHandle/resume()`` is called.
  func send(_ message: [UInt8]) -> Bool

  /// Called once, after the scan's snapshot has ended: nil is success, otherwise a ``StoreError``
  /// or what the handler threw.
  func finish(_ error: (any Error)?)
}

/// A handler that sends many messages.
package struct ScanJob: Sendable {
  /// When the caller stops waiting.
  package let deadline: ContinuousClock.Instant?
  /// Takes the messages.
  package let sink: any ScanSink
  /// Does the work.
  package let run: @Sendable (ReadTransaction, ScanStream) throws -> Void

  /// A job for the scan lane.
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

/// A handler with one answer: a scan, or a point read that used up its budget.
package struct ReadJob: Sendable {
  /// When the caller stops waiting.
  package let deadline: ContinuousClock.Instant?
  /// Where the answer goes.
  package let sink: any ReplySink
  /// Which call it answers.
  package let token: ReplyToken
  /// Does the work and returns the encoded answer.
  package let run: @Sendable (ReadTransaction) throws -> [UInt8]

  /// A job for the scan lane.
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

/// A scan, seen by the call it belongs to. Every method may be called from any thread.
package struct ScanHandle: Sendable {
  let control: ScanControl
  let lane: ScanLane

  /// The call ended: the scan ends with ``StoreError/cancelled``, at once if it waits for a thread,
  /// else soon.
  package func cancel() { lane.cancel { $0 === control } }

  /// The client takes messages again.
  package func resume() { control.resume() }
}

/// What a scan's handler sends its messages to. It belongs to the scan's thread.
package final class ScanStream {
  private let control: ScanControl
  private let sink: any ScanSink
  private let stallMax: Duration

  init(_ control: ScanControl, _ sink: any ScanSink, stallMax: Duration) {
    self.control = control
    self.sink = sink
    self.stallMax = stallMax
  }

  /// Sends a message and waits while the client takes no more. Throws when the scan has to end:
  /// ``StoreError/snapshotTooOld(_:)``, ``StoreError/cancelled``, ``StoreError/deadlineExceeded``
  /// or ``StoreError/closing``. Let it pass; what is sent after it is not delivered.
  package func send(_ message: [UInt8]) throws(StoreError) {
    if let reason = control.stopReason() { throw reason }
    // Counted before sending: a client that empties its queue in between is not missed.
    let seen = control.resumes
    if sink.send(message) { return }
    try control.waitForResume(after: seen, stallMax: stallMax)
  }
}
