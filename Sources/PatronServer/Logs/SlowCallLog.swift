package import Logging
internal import Synchronization
package import TTRPC

/// The lines about slow calls. Usable on any thread.
///
/// An overload makes every call slow, and lines about them would make it worse: a second has a few,
/// and the next line says how many calls had none.
package final class SlowCallLog: Sendable {
  /// The least time of a slow call.
  package let threshold: Duration
  private let log: Logger
  private let methods: [Method]
  /// Records of calls that took long, whose ends follow, by their ids.
  private let records = Mutex<[UInt64: CallRecord]>([:])
  private let second: Mutex<Second>

  /// The lines of the second that runs.
  private struct Second {
    var end: ContinuousClock.Instant
    var lines = 0
    /// Slow calls that had no line.
    var skipped = 0
  }

  /// Lines of a second.
  package static let maxLines = 20

  /// Records that are kept. Those of calls that were given up before their answer stay until there
  /// are so many.
  static let maxRecords = 1024

  /// `methods` are those of the server's dispatcher, in its order.
  package init(_ threshold: Duration, _ methods: [Method], log: Logger) {
    self.threshold = threshold
    self.methods = methods
    self.log = log
    second = Mutex(Second(end: .now))
  }

  /// Keeps the record of a call whose answer is on its way, if it took long.
  func expect(_ record: CallRecord) {
    // The call began before its record, and ends after it.
    guard record.age >= threshold / 2 else { return }
    records.withLock { records in
      if records.count >= Self.maxRecords { records.removeAll() }
      records[record.marks.id.number] = record
    }
  }

  /// Logs the end of a slow call, with the time in queues apart if it had to wait for a lane.
  package func ended(_ peer: Peer, _ call: EndedCall, now: ContinuousClock.Instant = .now) {
    let record = records.withLock { $0.removeValue(forKey: call.id) }
    guard let skipped = takeLine(now) else { return }
    let marks = record?.marks ?? CallMarks(id: CallID(call.id), keyID: nil, trace: nil)
    var metadata = marks.metadata
    if methods.indices.contains(call.method) {
      metadata["method"] = .stringConvertible(methods[call.method])
    }
    metadata["code"] = "\(call.code)"
    metadata["ms"] = .stringConvertible(call.duration.wholeMillis)
    if let queued = record?.queued {
      metadata["queue_ms"] = .stringConvertible(queued.wholeMillis)
      metadata["run_ms"] = .stringConvertible((call.duration - queued).wholeMillis)
    }
    metadata["conn"] = .stringConvertible(call.target.connection)
    metadata["peer"] = "\(peer.address)"
    if skipped > 0 { metadata["skipped"] = .stringConvertible(skipped) }
    log.info("a slow call", metadata: metadata)
  }

  /// Takes one of the second's lines. Returns the number of slow calls since the last line that had
  /// none, or nil if this call has none either.
  private func takeLine(_ now: ContinuousClock.Instant) -> Int? {
    second.withLock { second in
      if now >= second.end {
        second.end = now + .seconds(1)
        second.lines = 0
      }
      guard second.lines < Self.maxLines else {
        second.skipped += 1
        return nil
      }
      second.lines += 1
      defer { second.skipped = 0 }
      return second.skipped
    }
  }
}

extension Duration {
  /// The time in milliseconds, rounded towards zero.
  var wholeMillis: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
