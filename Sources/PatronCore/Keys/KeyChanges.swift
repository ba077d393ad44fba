package import PatronModel
package import PatronStore

/// The changes of keys, by a caller's rights. It belongs to a write transaction and to the writer's
/// thread. Every change is checked before anything is written, and has a row in the audit log.
package struct KeyChanges {
  /// Maximum number of keys of a store, and of keys of every store.
  package static let maxKeysPerOwner = 1_000
  /// Maximum number of keys in a database.
  package static let maxKeys = 10_000
  /// Maximum number of names of a key.
  package static let maxNames = 100

  private let transaction: WriteTransaction
  private let keys: KeyWriter
  private let authority: KeyAuthority
  /// The time of the change, in microseconds since 1970.
  private let now: Int64

  package init(_ transaction: WriteTransaction, by authority: KeyAuthority, at now: Int64) {
    self.transaction = transaction
    keys = KeyWriter(transaction)
    self.authority = authority
    self.now = now
  }

  /// Makes a key. At a maximum, the key of the owner that expired or was revoked first is removed
  /// for it; at the maximum of the database, a caller of every store removes one of any owner.
  ///
  /// Refusals: `EVERY_STORE_NEEDED`, `SCOPE_MISSING`, `STORE_UNKNOWN`, `STORE_DELETING`,
  /// `KEYS_TOO_MANY`.
  package func create(_ new: NewKey) throws -> IssuedKey {
    try authority.require(new.owner)
    try authority.require(new.scopes)
    var store: StoreID?
    if case .store(let id) = new.owner {
      try requireInUse(id)
      store = id
    }
    try makeRoom(for: new.owner)
    let key = APIKey.random()
    let record = KeyRecord(
      id: key.id,
      store: store,
      scopes: new.scopes,
      hash: try keys.pepper().hash(key),
      description: new.description,
      createdAt: now,
      expiresAt: new.expiresAt,
      limits: new.limits
    )
    try keys.insert(record)
    audit(.keyCreate, record, new.scopes.scopes.map { .scope($0.rawValue) })
    return IssuedKey(record: record, key: key)
  }

  /// Gives a key a new secret, and a new end unless that is nil. The former secret is valid for
  /// `overlap` microseconds more; that of an expired key is not.
  ///
  /// Refusals: `KEY_NOT_FOUND`, `EVERY_STORE_NEEDED`, `SCOPE_MISSING`, `KEY_REVOKED`, and
  /// `KEY_EXPIRED` without a new end.
  package func rotate(
    _ id: KeyID,
    in store: StoreID?,
    overlap: Int64 = KeyFields.usualOverlap,
    expiresAt: Int64? = nil
  ) throws -> IssuedKey {
    var record = try find(id, in: store)
    try authority.require(record.scopes)
    if record.revokedAt != nil { throw DomainError.keyRevoked(id) }
    let wasExpired = record.isExpired(at: now)
    if wasExpired, expiresAt == nil { throw DomainError.keyExpired(id) }
    let key = APIKey.random(for: id)
    let overlaps = overlap > 0 && !wasExpired
    record.formerHash = overlaps ? record.hash : nil
    record.formerUntil = overlaps ? now + overlap : nil
    record.hash = try keys.pepper().hash(key)
    if let expiresAt { record.expiresAt = expiresAt }
    try keys.update(record)
    audit(.keyRotate, record)
    return IssuedKey(record: record, key: key)
  }

  /// Revokes a key for good, or only ends its former secret. Its names stay bound. Returns the key,
  /// and false if nothing changed.
  ///
  /// Refusals: `KEY_NOT_FOUND`, `EVERY_STORE_NEEDED`.
  package func revoke(
    _ id: KeyID,
    in store: StoreID?,
    formerSecretOnly: Bool = false
  ) throws -> (record: KeyRecord, isChanged: Bool) {
    var record = try find(id, in: store)
    let hasFormer = record.formerUntil.map { now < $0 } ?? false
    guard formerSecretOnly ? hasFormer : record.revokedAt == nil else { return (record, false) }
    if !formerSecretOnly { record.revokedAt = now }
    record.formerHash = nil
    record.formerUntil = nil
    try keys.update(record)
    audit(.keyRevoke, record, formerSecretOnly ? [.formerSecret] : [])
    return (record, true)
  }

  /// Lets a name stand for a key. Returns the key, and false if the name stood for it already.
  ///
  /// Refusals: `EVERY_STORE_NEEDED`, `KEY_NOT_FOUND`, `SCOPE_MISSING`, `KEY_REVOKED`,
  /// `KEY_NAME_TAKEN` unless `moves`, `KEY_NAMES_TOO_MANY`.
  package func bind(
    _ name: KeyName,
    to id: KeyID,
    in store: StoreID?,
    moves: Bool = false
  ) throws -> (record: KeyRecord, isChanged: Bool) {
    // Names are those of the whole database: a shop could take another's otherwise.
    try authority.requireEveryStore()
    let record = try find(id, in: store)
    try authority.require(record.scopes)
    if record.revokedAt != nil { throw DomainError.keyRevoked(id) }
    let holder = try keys.read.key(named: name.value)
    if holder == id { return (record, false) }
    if let holder, !moves { throw DomainError.keyNameTaken(holder) }
    guard try keys.read.names(of: id).count < Self.maxNames else {
      throw DomainError.keyNamesTooMany(id)
    }
    try keys.bind(name.value, to: id)
    let former = holder.map { [AuditTarget.key($0.text)] } ?? []
    audit(.keyBind, record, [.name(name.value)] + former)
    return (record, true)
  }

  /// Removes a name from the key that it stands for. Returns that key, or nil if there was none.
  ///
  /// Refusals: `EVERY_STORE_NEEDED`.
  package func unbind(_ name: KeyName) throws -> KeyID? {
    try authority.requireEveryStore()
    guard let holder = try keys.read.key(named: name.value) else { return nil }
    try keys.unbind(name.value)
    if let record = try keys.read.key(holder) {
      audit(.keyUnbind, record, [.name(name.value)])
    }
    return holder
  }

  /// Records a change of a key in the audit log, with the rows of the key's store.
  private func audit(_ action: AuditAction, _ key: KeyRecord, _ more: [AuditTarget] = []) {
    transaction.record(action, store: key.store?.name ?? "*", [.key(key.id.text)] + more)
  }

  /// Returns a key of the given store, or of the caller's. A caller of every store finds each key
  /// if `store` is nil.
  private func find(_ id: KeyID, in store: StoreID?) throws -> KeyRecord {
    guard let record = try keys.read.key(id) else { throw DomainError.keyNotFound }
    if authority.store != nil, record.store == nil { throw DomainError.everyStoreNeeded }
    for wanted in [store, authority.store] where wanted != nil && wanted != record.store {
      throw DomainError.keyNotFound
    }
    return record
  }

  private func requireInUse(_ store: StoreID) throws {
    guard let found = try keys.stores.store(store) else {
      throw try DomainError.storeUnknown(store, in: keys.stores)
    }
    if found.deletedAt != nil { throw DomainError.storeDeleting(store) }
  }

  /// Makes room for one more key. A refusal comes before any removal: a removal for the owner makes
  /// room in the database too.
  private func makeRoom(for owner: KeyOwner) throws {
    if try keys.read.count(of: owner) >= Self.maxKeysPerOwner {
      guard try keys.deleteEnded(of: owner, at: now) else {
        throw DomainError.keysTooMany(of: owner)
      }
    }
    if try keys.read.count() >= Self.maxKeys {
      // A store's caller must not remove another store's record of a key.
      let removable = authority.store == nil ? nil : owner
      guard try keys.deleteEnded(of: removable, at: now) else {
        throw removable == nil ? DomainError.databaseKeysTooMany : .foreignKeysTooMany
      }
    }
  }
}
