package import PatronModel
internal import SQLite

/// An API key, as stored: everything about it except its secret. Times are in microseconds since
/// 1970.
package struct KeyRecord: Sendable, Equatable {
  package var id: KeyID
  /// The store that the key is for; nil for every store.
  package var store: StoreID?
  package var scopes: ScopeSet
  /// The keyed hash of id and secret; see ``KeyPepper``.
  package var hash: [UInt8]
  /// The hash of the secret before the last rotation; nil if there is none.
  package var formerHash: [UInt8]?
  /// The end of the former secret; nil if there is none.
  package var formerUntil: Int64?
  /// The words of the person who made the key; may be empty.
  package var description: String
  package var createdAt: Int64
  /// The end of the key; nil for a key without one.
  package var expiresAt: Int64?
  package var revokedAt: Int64?
  /// The beginning of the hour of the last use, which is written some minutes later. Nil if there
  /// was none.
  package var lastUsedAt: Int64?
  /// The encoded `patron.v1.CallLimits` of the key; nil if it has none of its own.
  package var limits: [UInt8]?

  package init(
    id: KeyID,
    store: StoreID?,
    scopes: ScopeSet,
    hash: [UInt8],
    description: String,
    createdAt: Int64,
    expiresAt: Int64?,
    limits: [UInt8]? = nil
  ) {
    self.id = id
    self.store = store
    self.scopes = scopes
    self.hash = hash
    self.description = description
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.limits = limits
  }

  /// Returns true if the key has expired.
  package func isExpired(at now: Int64) -> Bool { expiresAt.map { $0 <= now } ?? false }

  /// Returns true if the key is neither revoked nor expired.
  package func isValid(at now: Int64) -> Bool { revokedAt == nil && !isExpired(at: now) }
}

extension KeyRecord {
  /// The columns that ``init(_:)`` reads, in their order.
  static let columns = """
    key_id, store_id, scopes, hash, former_hash, former_until, description, created_at, expires_at,
    revoked_at, last_used_at, limits
    """
  /// The name that stands for every store. No store can have it.
  static let everyStore = "*"

  /// Reads a row of ``columns``.
  init(_ row: borrowing Row) throws(StoreError) {
    guard let id = KeyID(bytes: row.span(0)) else {
      throw .corrupt("an API key has an id of another length")
    }
    let store = StoreID(row.text(1))
    guard store != nil || row.text(1) == Self.everyStore else {
      throw .corrupt("the API key \(id) is for a store of a malformed name")
    }
    self.init(
      id: id,
      store: store,
      scopes: ScopeSet(rawValue: UInt16(truncatingIfNeeded: row.int64(2))),
      hash: row.array(3),
      description: row.text(6),
      createdAt: row.int64(7),
      expiresAt: row.optionalInt64(8)
    )
    formerHash = row.isNull(4) ? nil : row.array(4)
    formerUntil = row.optionalInt64(5)
    revokedAt = row.optionalInt64(9)
    lastUsedAt = row.optionalInt64(10)
    limits = row.isNull(11) ? nil : row.array(11)
  }
}
