internal import SQLite

/// The reason why the database could not do its work. Errors thrown by handlers are passed on
/// unchanged.
package enum StoreError: Error, Sendable, Equatable {
  /// The lane's queue is full, by the limit that the flag sets. A retry after this time may
  /// succeed.
  case queueFull(retryAfter: Duration, flag: String = StoreLimits.writeQueueCountFlag)
  /// The write-ahead log is at its hard limit, because a reader keeps it from being reset. A retry
  /// after this time may succeed.
  case logFull(retryAfter: Duration)
  /// The deadline passed before the work began, or while a scan ran.
  case deadlineExceeded
  /// No space is left on the disk. Nothing was changed; reads still work.
  case diskFull
  /// A point read exceeded its budget of steps, bytes or time. Run it on the scan lane.
  case budgetExceeded
  /// A scan held its snapshot past a limit.
  case snapshotTooOld(SnapshotLimit)
  /// The caller cancelled.
  case cancelled
  /// The database is being closed.
  case closing
  /// The store is being deleted.
  case storeDeleting
  /// Another process holds a lock of the database.
  case busy
  /// The database is damaged.
  case corrupt(String)
  /// A constraint of the schema refused the change. The text names columns, never values.
  case constraint(String)
  /// Any other error of the engine: its code and message, without values.
  case engine(code: Int32, String)
  /// The disk failed under the writer. It is unknown if the write is on disk. No further
  /// writes are accepted.
  case failStop
}

/// The limits on a snapshot that a scan holds.
package enum SnapshotLimit: String, Sendable {
  /// The scan ran longer than ``StoreLimits/scanAgeMax``.
  case age
  /// The client took no message for longer than ``StoreLimits/scanStallMax``.
  case stall
  /// The write-ahead log came near ``StoreLimits/logBytesMark``, and this scan was the oldest.
  case log
  /// The client had accepted no messages for longest, and another scan needed the place: see
  /// ``StoreLimits/maxParkedScans``.
  case pressure
}

extension StoreError {
  /// Maps an error of SQLite. An I/O error of the writer is not mapped here: it stops the writer
  /// (``failStop``).
  init(_ error: SQLiteError) {
    if error.stop == .budgetExceeded {
      self = .budgetExceeded
    } else if error.stop == .interrupted {
      self = .cancelled
    } else if error.isDiskFull {
      self = .diskFull
    } else if error.isCorrupt {
      self = .corrupt(error.description)
    } else if error.isBusy {
      self = .busy
    } else if error.isConstraint {
      self = .constraint(error.description)
    } else {
      self = .engine(code: error.code, error.description)
    }
  }
}

extension StoreError: CustomStringConvertible {
  /// The problem and the remedy, without values.
  package var description: String {
    switch self {
    case .queueFull(_, let flag):
      return "the server has too much work queued (`\(flag)`); try again later"
    case .logFull:
      return "the write-ahead log is at its limit, because a reader holds an old snapshot; "
        + "try again later"
    case .deadlineExceeded: return "the deadline passed"
    case .diskFull: return "no space is left on the server's disk; the change was not stored"
    case .budgetExceeded: return "the read needs more work than a point read may do"
    case .snapshotTooOld(let limit): return Self.text(limit)
    case .cancelled: return "the call was cancelled"
    case .closing: return "the server is shutting down"
    case .storeDeleting:
      return "the store is being deleted, or is gone; use another one, or make it anew"
    case .busy: return "another process holds a lock on the database; try again later"
    case .corrupt(let detail): return "the database is damaged (\(detail)); run `patrond check`"
    case .constraint(let detail), .engine(_, let detail): return detail
    case .failStop: return "the server's disk failed; whether the change was stored is unknown"
    }
  }

  private static func text(_ limit: SnapshotLimit) -> String {
    let reason =
      switch limit {
      case .age: "it ran longer than a scan may (`--max-scan-seconds`)"
      case .stall: "its client took no messages for too long (`--max-scan-stall-seconds`)"
      case .log: "it kept the write-ahead log from being reset (`--max-log-mib`)"
      case .pressure:
        "its client read too slowly while others waited for its place (`--max-parked-scans`)"
      }
    return
      "the scan was ended, because \(reason); start it again, with a narrower filter if possible"
  }
}
