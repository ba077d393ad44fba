internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension AdminHandlers {
  /// A checked RotateKey request.
  struct Rotation: Sendable {
    var id: KeyID
    var store: StoreID?
    /// The time for which the former secret is valid as well, in microseconds.
    var overlap: Int64
    /// The new end, in microseconds since 1970; nil to keep the one that the key has.
    var expiresAt: Int64?
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareRotateKey(_ request: RotateKeyRequest, _ call: CallContext) throws -> Rotation
  {
    var violations = Violations()
    let id = id(request.keyID, &violations)
    let overlap = violations.check("overlap_seconds") { () throws(RuleError) in
      try KeyFields.overlap(seconds: request.overlapSeconds)
    }
    let expiresAt = end(request.expiresAt, call, &violations)
    try violations.finish()
    guard let id, let overlap else { throw DomainError.unexpected }
    return Rotation(
      id: id,
      store: place(named: request.storeID, call),
      overlap: overlap,
      expiresAt: expiresAt
    )
  }

  /// Gives a key a new secret. The answer is the only one that has its token.
  static func rotateKey(
    _ rotation: Rotation,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let issued = try keys(context).rotate(
      rotation.id,
      in: rotation.store,
      overlap: rotation.overlap,
      expiresAt: rotation.expiresAt
    )
    let info = try KeyInfo(issued.record, after: context)
    try response.append(
      RotateKeyResponse.with {
        $0.key = info
        $0.token = issued.key.text
      }
    )
  }
}
