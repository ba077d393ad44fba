internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension AdminHandlers {
  /// A checked RevokeKey request.
  struct Revocation: Sendable {
    var id: KeyID
    var store: StoreID?
    var formerSecretOnly: Bool
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareRevokeKey(
    _ request: RevokeKeyRequest,
    _ call: CallContext
  ) throws -> Revocation {
    var violations = Violations()
    let id = id(request.keyID, &violations)
    try violations.finish()
    guard let id else { throw DomainError.unexpected }
    return Revocation(
      id: id,
      store: place(named: request.storeID, call),
      formerSecretOnly: request.formerSecretOnly
    )
  }

  /// Revokes a key, or ends its former secret.
  static func revokeKey(
    _ revocation: Revocation,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let (record, isChanged) = try keys(context).revoke(
      revocation.id,
      in: revocation.store,
      formerSecretOnly: revocation.formerSecretOnly
    )
    let info = try KeyInfo(record, after: context)
    try response.append(
      RevokeKeyResponse.with {
        $0.key = info
        $0.outcome = isChanged ? .updated : .unchanged
      }
    )
  }
}
