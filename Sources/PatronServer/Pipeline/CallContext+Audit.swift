internal import PatronStore
internal import TTRPC

extension CallContext {
  /// True for the server's own user and root on the operator's socket, unless they use a key.
  package var isOperator: Bool { peer.isOperator && principal.keyID == nil }

  /// Returns the caller as the audit log names it. `now` is the time of the row, in microseconds
  /// since 1970 UTC.
  func auditCaller(at now: Int64) -> AuditCaller {
    AuditCaller(
      keyID: principal.keyID,
      onBehalfOf: onBehalfOf,
      peer: peer.address,
      userID: peer.credentials?.uid,
      requestID: id.number,
      at: now
    )
  }
}
