package import PatronModel
internal import SQLite

/// The reads of API keys and of the names bound to them. It belongs to a transaction and to that
/// transaction's thread.
package struct KeyReader {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let columns = KeyRecord.columns
  /// SQL that is true for keys that are active at ?4, and for all if that is NULL.
  private static let isActive = """
    (?4 IS NULL OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?4)))
    """
  private static let byID = Query("SELECT \(columns) FROM api_keys WHERE key_id = ?1")
  private static let all = Query("SELECT \(columns) FROM api_keys")
  private static let ofEvery = Query(
    """
    SELECT \(columns) FROM api_keys WHERE (created_at, key_id) > (?1, ?2) AND \(isActive)
    ORDER BY created_at, key_id LIMIT ?3
    """
  )
  private static let ofStore = Query(
    """
    SELECT \(columns) FROM api_keys
    WHERE store_id = ?5 AND (created_at, key_id) > (?1, ?2) AND \(isActive)
    ORDER BY created_at, key_id LIMIT ?3
    """
  )
  private static let count = Query("SELECT count(*) FROM api_keys")
  private static let countOfStore = Query("SELECT count(*) FROM api_keys WHERE store_id = ?1")
  private static let activeOfStore = Query(
    """
    SELECT count(*) FROM api_keys WHERE store_id = ?1 AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > ?2)
    """
  )
  private static let names = Query("SELECT name FROM key_names WHERE key_id = ?1 ORDER BY name")
  private static let allNames = Query("SELECT name, key_id FROM key_names")
  private static let named = Query("SELECT key_id FROM key_names WHERE name = ?1")

  /// Returns a key, or nil if there is none.
  package func key(_ id: KeyID) throws -> KeyRecord? {
    try transaction.first(Self.byID, id.bytes) { try KeyRecord($0) }
  }

  /// Returns all keys, in any order.
  package func keys() throws -> [KeyRecord] {
    var keys: [KeyRecord] = []
    try transaction.forEach(Self.all) { keys.append(try KeyRecord($0)) }
    return keys
  }

  /// Returns up to `limit` keys behind a place, the oldest first: those of every owner, or those of
  /// one. With `active` only those that are neither revoked nor expired at that time.
  package func keys(
    of owner: KeyOwner?,
    activeAt active: Int64? = nil,
    after place: KeyPlace = .beginning,
    limit: Int
  ) throws -> [KeyRecord] {
    var keys: [KeyRecord] = []
    let id = place.id.bytes
    if let owner {
      try transaction.forEach(Self.ofStore, place.createdAt, id, limit, active, owner.column) {
        keys.append(try KeyRecord($0))
      }
    } else {
      try transaction.forEach(Self.ofEvery, place.createdAt, id, limit, active) {
        keys.append(try KeyRecord($0))
      }
    }
    return keys
  }

  /// Returns the number of keys, revoked and expired ones too: of one owner, or of all.
  package func count(of owner: KeyOwner? = nil) throws -> Int {
    let count =
      if let owner {
        try transaction.first(Self.countOfStore, owner.column) { $0.int64(0) }
      } else {
        try transaction.first(Self.count) { $0.int64(0) }
      }
    return Int(count ?? 0)
  }

  /// Returns the number of active keys of one owner.
  package func activeCount(of owner: KeyOwner, at now: Int64) throws -> Int {
    Int(try transaction.first(Self.activeOfStore, owner.column, now) { $0.int64(0) } ?? 0)
  }

  /// Returns the names bound to a key, sorted.
  package func names(of id: KeyID) throws -> [String] {
    var names: [String] = []
    try transaction.forEach(Self.names, id.bytes) { names.append($0.text(0)) }
    return names
  }

  /// Returns the key that a name is bound to, or nil if it is bound to none.
  package func key(named name: String) throws -> KeyID? {
    try transaction.first(Self.named, name) { KeyID(bytes: $0.span(0)) } ?? nil
  }

  /// Returns all names with their keys.
  package func names() throws -> [String: KeyID] {
    var names: [String: KeyID] = [:]
    try transaction.forEach(Self.allNames) { row in names[row.text(0)] = KeyID(bytes: row.span(1)) }
    return names
  }
}

/// The stores that a key is for: one, or every one.
package enum KeyOwner: Sendable, Hashable {
  case store(StoreID)
  case everyStore

  /// Makes the owner of a key's ``KeyRecord/store``.
  package init(_ store: StoreID?) { self = store.map { .store($0) } ?? .everyStore }

  /// The value of the column `store_id`.
  var column: String {
    switch self {
    case .store(let store): store.name
    case .everyStore: KeyRecord.everyStore
    }
  }
}

/// The place of a key in a list, the oldest first.
package struct KeyPlace: Sendable, Equatable {
  package var createdAt: Int64
  package var id: KeyID

  /// The place before all keys.
  package static let beginning = KeyPlace(createdAt: .min, id: KeyID(value: 0))

  package init(createdAt: Int64, id: KeyID) {
    self.createdAt = createdAt
    self.id = id
  }
}
