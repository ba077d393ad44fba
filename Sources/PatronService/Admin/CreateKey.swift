internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension AdminHandlers {
  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareCreateKey(_ request: CreateKeyRequest, _ call: CallContext) throws -> NewKey {
    var violations = Violations()
    let scopes = KeyFields.scopes(request.scopes, &violations)
    let description = violations.check("description") { () throws(RuleError) in
      try KeyFields.description(request.description)
    }
    let expiresAt = end(request.expiresAt, call, &violations)
    request.limits?.check("limits", under: call.principal.keyCeiling.message, &violations)
    try violations.finish()
    return NewKey(
      owner: request.everyStore ? .everyStore : .store(call.store),
      scopes: scopes,
      description: description ?? "",
      expiresAt: expiresAt,
      limits: try request.limits?.encoded()
    )
  }

  /// Creates a key. The answer is the only one that has its token.
  static func createKey(
    _ new: NewKey,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let issued = try keys(context).create(new)
    let info = try KeyInfo(issued.record, after: context)
    try response.append(
      CreateKeyResponse.with {
        $0.key = info
        $0.token = issued.key.text
      }
    )
  }
}
