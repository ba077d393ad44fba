package import PatronModel

/// A refusal by the rules of the domain. The set is closed: the service maps each case to a status
/// code and its details in one place. Messages hold paths, reasons and ids, never personal data.
package enum DomainError: Error, Sendable {
  /// Input that breaks rules: every violation, with the path of its field.
  case invalid([Violation])
  /// A request that does not fit the stored state.
  case refused(Refusal)
  /// A state that the rules exclude: a defect of Patron.
  case unexpected

  /// The class of a refusal. It decides the status code.
  package enum Kind: Sendable {
    case aborted
    case alreadyExists
    case failedPrecondition
    case notFound
    case outOfRange
    case permissionDenied
    case resourceExhausted
  }

  /// A refusal with a stable reason of the contract.
  package struct Refusal: Sendable {
    package var kind: Kind
    package var reason: String
    package var message: String
    package var metadata: [String: String]
  }

  /// The class of a refusal; nil for other errors.
  package var kind: Kind? {
    if case .refused(let refusal) = self { refusal.kind } else { nil }
  }

  /// Returns a refusal with a stable reason. `metadata` holds ids, limits and paths, never personal
  /// data.
  package static func reason(
    _ kind: Kind,
    _ reason: String,
    _ message: String,
    metadata: [String: String] = [:]
  ) -> DomainError {
    .refused(Refusal(kind: kind, reason: reason, message: message, metadata: metadata))
  }

  /// Returns the error for input that breaks one rule. `path` names the field of the request.
  package static func invalid(_ path: String, _ reason: String, _ message: String) -> DomainError {
    .invalid([Violation(path: path, error: RuleError(reason: reason, message: message))])
  }
}
