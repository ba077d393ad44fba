internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// The methods of AdminService about keys and stores, one plain function each. The gate has found
/// the scope `admin`; the rest of a caller's rights is a rule of `PatronCore/Keys`.
enum AdminHandlers {}

extension AdminHandlers {
  /// Returns the rights of the caller.
  static func authority(_ call: CallContext) -> KeyAuthority {
    KeyAuthority(store: call.principal.store, scopes: call.principal.scopes)
  }

  /// Returns the changes of keys in the transaction of a write.
  static func keys(_ context: WriteContext) -> KeyChanges {
    KeyChanges(context.transaction, by: authority(context.call), at: context.now)
  }

  /// Returns the changes of stores in the transaction of a write.
  static func stores(_ context: WriteContext) -> StoreChanges {
    StoreChanges(context.transaction, by: authority(context.call), at: context.now)
  }

  /// Returns the store in which a request looks for a key: nil if it names none, so that a caller
  /// of every store finds the key in any.
  static func place(named name: String, _ call: CallContext) -> StoreID? {
    name.isEmpty ? nil : call.store
  }

  /// Checks the end of a key. Returns it in microseconds since 1970; nil for none.
  static func end(
    _ time: GoogleProtobuf.Timestamp?,
    _ call: CallContext,
    _ violations: inout Violations
  ) -> Int64? {
    time.flatMap { time in
      violations.check("expires_at") { () throws(RuleError) -> Int64 in
        let end = try PatronModel.Timestamp(seconds: time.seconds, nanos: time.nanos)
        return try KeyFields.end(end.microseconds, at: call.now)
      }
    }
  }

  /// Checks the id of a key.
  static func id(_ text: String, _ violations: inout Violations) -> KeyID? {
    violations.check("key_id") { () throws(RuleError) in try KeyFields.id(text) }
  }
}

extension KeyInfo {
  /// Creates the answer about a key at a time, in microseconds since 1970, with the names that
  /// stand for it.
  init(_ key: KeyRecord, names: [String], at now: Int64) throws {
    self.init()
    keyID = key.id.text
    storeID = key.store?.name ?? "*"
    scopes = key.scopes.scopes.map(\.rawValue)
    description = key.description
    state = key.revokedAt != nil ? .revoked : key.isExpired(at: now) ? .expired : .active
    createdAt = .init(micros: key.createdAt)
    expiresAt = key.expiresAt.map { .init(micros: $0) }
    revokedAt = key.revokedAt.map { .init(micros: $0) }
    lastUsedAt = key.lastUsedAt.map { .init(micros: $0) }
    if let until = key.formerUntil, until > now { formerSecretUntil = .init(micros: until) }
    self.names = names
    limits = try key.limits.map { bytes throws(StoreError) in try CallLimits(stored: bytes) }
  }

  /// Creates the answer about a key after a change.
  init(_ key: KeyRecord, after context: WriteContext) throws {
    let names = try KeyReader(context.transaction.read).names(of: key.id)
    try self.init(key, names: names, at: context.now)
  }
}
