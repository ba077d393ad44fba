internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension AdminHandlers {
  /// A checked BindKey request.
  struct Binding: Sendable {
    var name: KeyName
    var id: KeyID
    var store: StoreID?
    /// True to take the name from another key.
    var moves: Bool
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareBindKey(_ request: BindKeyRequest, _ call: CallContext) throws -> Binding {
    var violations = Violations()
    let id = id(request.keyID, &violations)
    let name = name(request.name, &violations)
    try violations.finish()
    guard let id, let name else { throw DomainError.unexpected }
    return Binding(
      name: name,
      id: id,
      store: place(named: request.storeID, call),
      moves: request.move
    )
  }

  /// Lets a name stand for a key.
  static func bindKey(
    _ binding: Binding,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let (record, isChanged) = try keys(context).bind(
      binding.name,
      to: binding.id,
      in: binding.store,
      moves: binding.moves
    )
    let info = try KeyInfo(record, after: context)
    try response.append(
      BindKeyResponse.with {
        $0.key = info
        $0.outcome = isChanged ? .updated : .unchanged
      }
    )
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareUnbindKey(_ request: UnbindKeyRequest, _ call: CallContext) throws -> KeyName {
    var violations = Violations()
    let name = name(request.name, &violations)
    try violations.finish()
    guard let name else { throw DomainError.unexpected }
    return name
  }

  /// Takes a name from its key.
  static func unbindKey(
    _ name: KeyName,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let holder = try keys(context).unbind(name)
    try response.append(
      UnbindKeyResponse.with {
        $0.keyID = holder?.text ?? ""
        $0.outcome = holder == nil ? .unchanged : .updated
      }
    )
  }

  private static func name(_ text: String, _ violations: inout Violations) -> KeyName? {
    violations.check("name") { () throws(RuleError) in try KeyName(text) }
  }
}
