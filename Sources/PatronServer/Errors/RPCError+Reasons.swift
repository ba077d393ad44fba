package import PatronModel
internal import PatronProto
internal import ProtobufC
package import TTRPC

/// The errors of Patron's services: a status code, and the standard `google.rpc` detail that
/// programs read. Messages hold paths, reasons and ids, never a customer's data.
extension RPCError {
  /// Returns an error with a stable reason, the `reason` of its `google.rpc.ErrorInfo`.
  package static func reason(
    _ code: StatusCode,
    _ reason: String,
    _ message: String,
    metadata: [String: String] = [:]
  ) -> RPCError {
    let info = GoogleRPC.ErrorInfo.with {
      $0.reason = reason
      $0.domain = "patron"
      $0.metadata = metadata
    }
    return RPCError(code: code, message: message, details: [detail(info)])
  }

  /// Returns the error for input that breaks rules. Its detail lists every violation with the
  /// field's path and the rule's reason.
  package static func invalid(_ violations: [Violation]) -> RPCError {
    let request = GoogleRPC.BadRequest.with { request in
      request.fieldViolations = violations.map { violation in
        GoogleRPC.BadRequest.FieldViolation.with {
          $0.field = violation.path
          $0.description = violation.error.described
          $0.reason = violation.error.reason
        }
      }
    }
    return RPCError(
      code: .invalidArgument,
      message: summary(of: violations),
      details: [detail(request)]
    )
  }

  /// Returns the error for input that breaks one rule.
  package static func invalid(_ path: String, _ reason: String, _ message: String) -> RPCError {
    invalid([Violation(path: path, error: RuleError(reason: reason, message: message))])
  }

  /// Returns an error with a stable reason and the `google.rpc.RetryInfo` to retry after `delay`.
  static func retryLater(
    _ code: StatusCode,
    _ reason: String,
    _ message: String,
    after delay: Duration,
    metadata: [String: String] = [:]
  ) -> RPCError {
    RPCError.reason(code, reason, message, metadata: metadata).retrying(after: delay)
  }

  /// Packs a message as a detail. A detail that cannot be encoded is left empty, so that the error
  /// still reaches its caller.
  private static func detail<Detail: Message>(_ message: Detail) -> StatusDetail {
    StatusDetail(
      typeURL: "type.googleapis.com/\(Detail.protoName)",
      value: (try? message.encoded()) ?? []
    )
  }

  private static func summary(of violations: [Violation]) -> String {
    let first = violations.prefix(3).map { "\($0.pathInMessages): \($0.error.message)" }
    let more = violations.count > 3 ? " (and \(violations.count - 3) more)" : ""
    return first.joined(separator: "; ") + more
  }
}

extension Violation {
  /// The path up to the names of properties. Those are the caller's own words, and a status message
  /// may be logged.
  fileprivate var pathInMessages: String {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false)
    guard let end = parts.firstIndex(where: { $0 == "custom_properties" || $0 == "properties" })
    else { return path }
    return parts[...end].joined(separator: ".")
  }
}

extension RuleError {
  /// The message with the caller's own value, cut short. It is used only in violations, which are
  /// never logged.
  fileprivate var described: String {
    guard let given, !given.isEmpty else { return message }
    return "\(message) Given: \(given)"
  }
}
