internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronServer
package import TTRPC

/// The status of each error of the domain. Only this mapping chooses status codes for them.
extension DomainError: RPCErrorConvertible {
  package var rpcError: RPCError {
    switch self {
    case .invalid(let violations): .invalid(violations)
    case .refused(let refusal):
      .reason(
        refusal.kind.code,
        refusal.reason,
        refusal.message,
        metadata: refusal.metadata
      )
    case .unexpected: .internalError
    }
  }
}

extension InvalidInput: RPCErrorConvertible {
  package var rpcError: RPCError { .invalid(violations) }
}

extension DomainError.Kind {
  fileprivate var code: StatusCode {
    switch self {
    case .aborted: .aborted
    case .alreadyExists: .alreadyExists
    case .failedPrecondition: .failedPrecondition
    case .notFound: .notFound
    case .outOfRange: .outOfRange
    case .permissionDenied: .permissionDenied
    case .resourceExhausted: .resourceExhausted
    }
  }
}
