internal import PatronModel
package import PatronStore
internal import ProtobufC
package import TTRPC

/// An error of the service that has a status of its own.
package protocol RPCErrorConvertible: Error {
  /// The status that a caller gets.
  var rpcError: RPCError { get }
}

/// The mapping of errors from below the services to the status that a caller gets.
extension RPCError {
  /// Returns the status for any error that a handler or a lane threw. Does not log; ``CallErrors``
  /// also logs unexpected errors.
  package static func from(_ error: any Error) -> RPCError {
    switch error {
    case let error as RPCError: error
    case let error as CodecError: .malformed(error)
    case let error as StoreError: .from(error)
    case let error as BackupError: .from(error)
    case let error as any RPCErrorConvertible: error.rpcError
    default: .internalError
    }
  }

  /// Returns the error for bytes that are not a valid request message.
  static func malformed(_ error: CodecError) -> RPCError {
    let path = error.path.isEmpty ? "request" : error.path
    return .invalid(path, "MALFORMED_MESSAGE", "The request cannot be decoded: \(error.reason).")
  }

  /// Returns the status for an error of the database.
  package static func from(_ error: StoreError) -> RPCError {
    let message = "\(error)"
    switch error {
    case .queueFull(let delay, _):
      return retryLater(.resourceExhausted, "QUEUE_FULL", message, after: delay)
    case .logFull(let delay):
      return retryLater(.resourceExhausted, "LOG_FULL", message, after: delay)
    case .deadlineExceeded: return RPCError(code: .deadlineExceeded, message: message)
    case .diskFull:
      return retryLater(.resourceExhausted, "DISK_FULL", message, after: RetryDelay.ofOperator)
    case .budgetExceeded: return reason(.resourceExhausted, "BUDGET_EXCEEDED", message)
    case .snapshotTooOld(let limit): return snapshotTooOld(limit, message)
    case .cancelled: return RPCError(code: .cancelled, message: message)
    case .closing:
      return retryLater(.unavailable, "SHUTTING_DOWN", message, after: RetryDelay.ofRestart)
    case .storeDeleting: return reason(.failedPrecondition, "STORE_DELETING", message)
    case .busy:
      return retryLater(.unavailable, "DATABASE_BUSY", message, after: RetryDelay.ofOperator)
    case .corrupt: return reason(.dataLoss, "DATABASE_DAMAGED", message)
    case .constraint, .engine: return reason(.internal, "STORAGE", message)
    case .failStop:
      return retryLater(.unavailable, "DISK_FAILED", message, after: RetryDelay.ofFailedDisk)
    }
  }

  /// Returns the status for a backup that was not made.
  private static func from(_ error: BackupError) -> RPCError {
    let message = "\(error)"
    switch error {
    case .running: return reason(.failedPrecondition, "BACKUP_RUNNING", message)
    case .pathTaken: return invalid("path", "PATH_TAKEN", message)
    case .directoryMissing: return invalid("path", "DIRECTORY_MISSING", message)
    case .diskFull:
      return retryLater(.resourceExhausted, "DISK_FULL", message, after: RetryDelay.ofOperator)
    case .cancelled: return RPCError(code: .cancelled, message: message)
    case .failed, .directoryUsed: return reason(.unavailable, "BACKUP_FAILED", message)
    }
  }

  /// Returns the status of a scan that was ended. A scan that ran or stalled for too long would do
  /// so again; one that gave way to others will do better later.
  private static func snapshotTooOld(_ limit: SnapshotLimit, _ message: String) -> RPCError {
    let metadata = ["limit": limit.rawValue]
    switch limit {
    case .age, .stall: return reason(.aborted, "SNAPSHOT_TOO_OLD", message, metadata: metadata)
    case .log, .pressure:
      return retryLater(
        .aborted,
        "SNAPSHOT_TOO_OLD",
        message,
        after: RetryDelay.ofPressure,
        metadata: metadata
      )
    }
  }

  /// The status of an unexpected error. The text of the error is not sent, because it might hold
  /// personal data.
  package static let internalError = reason(
    .internal,
    "INTERNAL",
    "The server failed to handle the request."
  )

  /// Returns the error for a write whose response exceeds the limit, both in bytes. The caller
  /// could not receive the response, so the write is rolled back.
  static func answerTooLarge(_ count: Int, limit: Int) -> RPCError {
    reason(
      .resourceExhausted,
      "ANSWER_TOO_LARGE",
      "The answer would take \(count) bytes; the limit is \(limit). Nothing was changed. Send less "
        + "at a time, or raise --max-response-bytes on the server."
    )
  }
}
