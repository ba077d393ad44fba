internal import SQLite

/// A store, as the list of stores has it. Times are in microseconds since 1970.
package struct StoreRecord: Sendable, Equatable {
  package var id: StoreID
  /// The time at which it was made or first written to; 0 if it is older than the list.
  package var createdAt: Int64
  /// The time at which its deletion began; nil for a store in use.
  package var deletedAt: Int64?

  package init(id: StoreID, createdAt: Int64, deletedAt: Int64? = nil) {
    self.id = id
    self.createdAt = createdAt
    self.deletedAt = deletedAt
  }
}

/// The reads of the list of stores. It belongs to a transaction and to that transaction's thread.
package struct StoreCatalogue {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let one = Query(
    "SELECT store_id, created_at, deleted_at FROM stores WHERE store_id = ?1"
  )
  private static let page = Query(
    """
    SELECT store_id, created_at, deleted_at FROM stores WHERE store_id > ?1
    ORDER BY store_id LIMIT ?2
    """
  )
  private static let names = Query("SELECT store_id FROM stores WHERE (deleted_at IS NULL) = ?1")
  private static let leaving = Query(
    """
    SELECT store_id FROM stores WHERE deleted_at IS NOT NULL AND store_id > ?1
    ORDER BY store_id LIMIT 1
    """
  )
  private static let count = Query("SELECT count(*) FROM stores")

  /// Returns a store, or nil if there is none of this name.
  package func store(_ id: StoreID) throws -> StoreRecord? {
    try transaction.first(Self.one, id.name) { Self.record($0) } ?? nil
  }

  /// Returns up to `limit` stores behind a name, in the order of their names.
  package func stores(after name: String = "", limit: Int) throws -> [StoreRecord] {
    var stores: [StoreRecord] = []
    try transaction.forEach(Self.page, name, limit) { row in
      if let record = Self.record(row) { stores.append(record) }
    }
    return stores
  }

  /// Returns all stores in use, or those that are being deleted.
  package func names(leaving: Bool = false) throws -> [StoreID] {
    var names: [StoreID] = []
    try transaction.forEach(Self.names, leaving ? 0 : 1) { row in
      if let name = StoreID(row.text(0)) { names.append(name) }
    }
    return names
  }

  /// Returns the number of stores, those that are being deleted too.
  package func count() throws -> Int {
    Int(try transaction.first(Self.count) { $0.int64(0) } ?? 0)
  }

  /// Returns the first store behind a name that is being deleted, or nil if there is none.
  package func nextDeletion(after name: String) throws -> StoreID? {
    try transaction.first(Self.leaving, name) { StoreID($0.text(0)) } ?? nil
  }

  private static func record(_ row: borrowing Row) -> StoreRecord? {
    StoreID(row.text(0)).map {
      StoreRecord(id: $0, createdAt: row.int64(1), deletedAt: row.optionalInt64(2))
    }
  }
}
