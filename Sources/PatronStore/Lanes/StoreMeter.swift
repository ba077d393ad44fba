internal import Synchronization

/// A distribution of measured values: how many were at most each of some bounds.
package struct Distribution: Sendable, Equatable {
  /// The upper bounds, in the unit of the values, ascending.
  package let bounds: [Double]
  /// Values for each bound that are above the one before, and last those above all.
  package private(set) var counts: [UInt64]
  package private(set) var sum = 0.0

  /// Creates an empty distribution.
  package init(_ bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  package var count: UInt64 { counts.reduce(0, +) }

  package mutating func add(_ value: Double) {
    var place = 0
    while place < bounds.count, value > bounds[place] { place += 1 }
    counts[place] &+= 1
    sum += value
  }

  /// Bounds for seconds, from the time of a fast disk to that of a broken one.
  package static let seconds: [Double] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
  ]
  /// Bounds for numbers of jobs.
  package static let jobs: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
}

/// The lanes whose calls wait in a queue.
package enum QueuedLane: String, Sendable, CaseIterable {
  case write
  case read
  case scan
}

/// The measurements of the database's threads since the start.
package struct StoreMeasurements: Sendable {
  /// Seconds from taking jobs to the end of the work that followed their transaction.
  package fileprivate(set) var commits = Distribution(Distribution.seconds)
  /// Jobs that a transaction had.
  package fileprivate(set) var commitJobs = Distribution(Distribution.jobs)
  /// Seconds of the COMMIT of a transaction: writing and syncing the log.
  package fileprivate(set) var syncs = Distribution(Distribution.seconds)
  /// Seconds of a checkpoint.
  package fileprivate(set) var checkpoints = Distribution(Distribution.seconds)
  /// Seconds that calls waited in the queue of a lane, by lane.
  package fileprivate(set) var waits: [QueuedLane: Distribution] = [:]
  /// Streams and long reads that have ended after they had begun, by the reason; see
  /// ``StoreMeter/scanReasons``.
  package fileprivate(set) var scansEnded: [String: UInt64] = [:]
  /// Bytes of the write-ahead log that hold pages.
  package fileprivate(set) var logBytes = 0
  /// Bytes of pages of the database that are free. At most a second old while the writer works.
  package fileprivate(set) var freeBytes = 0
  /// True if only deletions are accepted, because the disk is full.
  package fileprivate(set) var isDiskFull = false
  /// The reason why the writer has stopped for good, or nil.
  package fileprivate(set) var failure: String?
}

/// The collector of what the database's threads measure. Each of them adds once for a transaction,
/// or for a scan, so that its lock costs nothing. Usable on any thread.
package final class StoreMeter: Sendable {
  /// The values of the reason for which scans end.
  package static let scanReasons = [
    "done", "cancelled", "deadline", "age", "stall", "log", "pressure", "closing", "error",
  ]

  private let state = Mutex(StoreMeasurements())

  init() {}

  /// The measurements up to now.
  package var current: StoreMeasurements { state.withLock { $0 } }

  /// Adds a batch of the writer: `syncs` are the seconds of its COMMITs, `waits` those for which
  /// its jobs were queued.
  func note(
    batch jobs: Int,
    seconds: Double,
    syncs: [Double],
    waits: [Double],
    logBytes: Int
  ) {
    state.withLock { state in
      state.commits.add(seconds)
      state.commitJobs.add(Double(jobs))
      for sync in syncs { state.syncs.add(sync) }
      for wait in waits { Self.add(wait, to: .write, &state) }
      state.logBytes = logBytes
    }
  }

  func note(checkpoint seconds: Double, logBytes: Int) {
    state.withLock { state in
      state.checkpoints.add(seconds)
      state.logBytes = logBytes
    }
  }

  func note(freeBytes: Int?, isDiskFull: Bool) {
    state.withLock { state in
      if let freeBytes { state.freeBytes = freeBytes }
      state.isDiskFull = isDiskFull
    }
  }

  func note(failure: String) { state.withLock { $0.failure = failure } }

  /// Adds a scan that has begun after it waited for so many seconds.
  func note(wait seconds: Double, in lane: QueuedLane) {
    state.withLock { Self.add(seconds, to: lane, &$0) }
  }

  /// Adds a scan that has ended; a nil error is success.
  func note(scanEnded error: (any Error)?) {
    let reason = Self.reason(error)
    state.withLock { $0.scansEnded[reason, default: 0] &+= 1 }
  }

  private static func add(
    _ seconds: Double,
    to lane: QueuedLane,
    _ state: inout StoreMeasurements
  ) {
    state.waits[lane, default: Distribution(Distribution.seconds)].add(seconds)
  }

  private static func reason(_ error: (any Error)?) -> String {
    guard let error else { return "done" }
    switch error as? StoreError {
    case .cancelled: return "cancelled"
    case .deadlineExceeded: return "deadline"
    case .snapshotTooOld(let limit): return limit.rawValue
    case .closing: return "closing"
    default: return "error"
    }
  }
}
