package import Logging
package import PatronModel
internal import PatronStore
internal import Synchronization

/// The marks by which lines of the log and errors name a call.
package struct CallMarks: Sendable {
  package let id: CallID
  /// The id of the caller's key; nil for a caller without one.
  package let keyID: KeyID?
  package let trace: TraceID?

  package init(id: CallID, keyID: KeyID?, trace: TraceID?) {
    self.id = id
    self.keyID = keyID
    self.trace = trace
  }

  /// The fields of a line about the call.
  package var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = ["call": "\(id)"]
    if let keyID { metadata["key"] = "\(keyID)" }
    if let trace { metadata["trace_id"] = "\(trace)" }
    return metadata
  }
}

/// The record of a call that waits for a lane: its marks, and how long it waited. Made for such
/// calls alone, because others end while their metadata can still be read. Usable on any thread.
package final class CallRecord: JobNote {
  package let marks: CallMarks
  private let start = ContinuousClock.now
  /// Microseconds from the start to the first work on the call; negative before that.
  private let wait = Atomic<Int64>(-1)

  package init(_ marks: CallMarks) { self.marks = marks }

  /// Notes that work on the call begins. Only the first time counts.
  func begins() {
    guard wait.load(ordering: .relaxed) < 0 else { return }
    let waited = Int64(start.duration(to: .now) / .microseconds(1))
    _ = wait.compareExchange(expected: -1, desired: waited, ordering: .relaxed)
  }

  /// The time since the call was queued.
  var age: Duration { start.duration(to: .now) }

  /// The time in queues before the first work on the call; nil if there was none.
  var queued: Duration? {
    let waited = wait.load(ordering: .relaxed)
    return waited < 0 ? nil : .microseconds(waited)
  }
}
