package import PatronModel
internal import SQLite

/// The writes of API keys and of the names bound to them. It belongs to a write transaction and to
/// the writer's thread. A commit with a change of them moves ``Store/keysVersion``.
package struct KeyWriter {
  private let transaction: WriteTransaction
  /// Reads in the same transaction.
  package let read: KeyReader
  /// The stores, in the same transaction.
  package let stores: StoreCatalogue

  package init(_ transaction: WriteTransaction) {
    self.transaction = transaction
    read = KeyReader(transaction.read)
    stores = StoreCatalogue(transaction.read)
  }

  private static let insert = Query(
    """
    INSERT INTO api_keys (\(KeyRecord.columns))
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    """
  )
  private static let update = Query(
    """
    UPDATE api_keys
    SET hash = ?2, former_hash = ?3, former_until = ?4, expires_at = ?5, revoked_at = ?6
    WHERE key_id = ?1
    """
  )
  private static let delete = Query("DELETE FROM api_keys WHERE key_id = ?1")
  private static let deleteNames = Query("DELETE FROM key_names WHERE key_id = ?1")
  private static let ended = Query(
    """
    SELECT key_id FROM api_keys WHERE revoked_at IS NOT NULL OR expires_at <= ?1
    ORDER BY min(coalesce(revoked_at, expires_at), coalesce(expires_at, revoked_at)), key_id LIMIT 1
    """
  )
  private static let endedOfStore = Query(
    """
    SELECT key_id FROM api_keys
    WHERE store_id = ?2 AND (revoked_at IS NOT NULL OR expires_at <= ?1)
    ORDER BY min(coalesce(revoked_at, expires_at), coalesce(expires_at, revoked_at)), key_id LIMIT 1
    """
  )
  private static let bind = Query(
    """
    INSERT INTO key_names (name, key_id) VALUES (?1, ?2)
    ON CONFLICT (name) DO UPDATE SET key_id = ?2
    """
  )
  private static let unbind = Query("DELETE FROM key_names WHERE name = ?1")
  private static let use = Query(
    """
    UPDATE api_keys SET last_used_at = ?2
    WHERE key_id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)
    """
  )

  /// Returns the key of the hashes.
  package func pepper() throws -> KeyPepper { try KeyPepper(transaction.read) }

  package func insert(_ key: KeyRecord) throws {
    try transaction.run(
      Self.insert,
      key.id.bytes,
      KeyOwner(key.store).column,
      Int64(key.scopes.rawValue),
      key.hash,
      key.formerHash,
      key.formerUntil,
      key.description,
      key.createdAt,
      key.expiresAt,
      key.revokedAt,
      key.lastUsedAt,
      key.limits
    )
    transaction.changesKeys = true
  }

  /// Writes what a rotation or revocation changes: the hashes, the ends of the former one and of
  /// the key, and the time of the revocation.
  package func update(_ key: KeyRecord) throws {
    try transaction.run(
      Self.update,
      key.id.bytes,
      key.hash,
      key.formerHash,
      key.formerUntil,
      key.expiresAt,
      key.revokedAt
    )
    transaction.changesKeys = true
  }

  /// Deletes the key of an owner, or of all, that was revoked or expired first, with its names.
  /// Returns false if there is none.
  package func deleteEnded(of owner: KeyOwner? = nil, at now: Int64) throws -> Bool {
    let found =
      if let owner {
        try transaction.first(Self.endedOfStore, now, owner.column) { $0.array(0) }
      } else {
        try transaction.first(Self.ended, now) { $0.array(0) }
      }
    guard let id = found else { return false }
    try transaction.run(Self.deleteNames, id)
    try transaction.run(Self.delete, id)
    transaction.changesKeys = true
    return true
  }

  /// Binds a name to a key, also one that was bound to another.
  package func bind(_ name: String, to id: KeyID) throws {
    try transaction.run(Self.bind, name, id.bytes)
    transaction.changesKeys = true
  }

  /// Removes a name from the key that it is bound to.
  package func unbind(_ name: String) throws {
    try transaction.run(Self.unbind, name)
    transaction.changesKeys = true
  }

  /// Writes the hours in which keys were used last, in microseconds since 1970. An hour before the
  /// stored one is ignored. The keys in memory need not know, so ``Store/keysVersion`` stays.
  package func noteUses(_ hours: [KeyID: Int64]) throws {
    for (id, hour) in hours { try transaction.run(Self.use, id.bytes, hour) }
  }
}
