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
    case .queueFull(let delay):
      return retryLater(.resourceExhausted, "QUEUE_FULL", message, after: delay)
    case .logFull(let delay):
      return retryLater(.resourceExhausted, "LOG_FULL", message, after: delay)
    case .deadlineExceeded: return RPCError(code: .deadlineExceeded, message: message)
    case .diskFull:
      // The writer looks for room once a second.
      return retryLater(.resourceExhausted, "DISK_FULL", message, after: .seconds(1))
    case .budgetExceeded: return reason(.resourceExhausted, "BUDGET_EXCEEDED", message)
    case .snapshotTooOld(let limit):
      return reason(
        .aborted,
        "SNAPSHOT_TOO_OLD",
        message,
        metadata: ["limit": limit.rawValue]
      )
    case .cancelled: return RPCError(code: .cancelled, message: message)
    case .closing: return reason(.unavailable, "SHUTTING_DOWN", message)
    case .busy: return reason(.unavailable, "DATABASE_BUSY", message)
    case .corrupt: return reason(.dataLoss, "DATABASE_DAMAGED", message)
    case .constraint, .engine: return reason(.internal, "STORAGE", message)
    case .failStop: return reason(.unavailable, "DISK_FAILED", message)
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
