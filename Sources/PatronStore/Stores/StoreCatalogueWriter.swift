internal import SQLite

/// The writes of the list of stores, and the deletion of what a store holds. It belongs to a write
/// transaction and to the writer's thread. A commit with a change of the list moves
/// ``Store/keysVersion``.
package struct StoreCatalogueWriter {
  private let transaction: WriteTransaction
  /// Reads in the same transaction.
  package let read: StoreCatalogue

  package init(_ transaction: WriteTransaction) {
    self.transaction = transaction
    read = StoreCatalogue(transaction.read)
  }

  private static let insert = Query("INSERT INTO stores (store_id, created_at) VALUES (?1, ?2)")
  private static let close = Query("UPDATE stores SET deleted_at = ?2 WHERE store_id = ?1")
  private static let delete = Query("DELETE FROM stores WHERE store_id = ?1")
  private static let deleteNames = Query(
    """
    DELETE FROM key_names WHERE key_id IN (SELECT key_id FROM api_keys WHERE store_id = ?1)
    """
  )
  private static let deleteKeys = Query("DELETE FROM api_keys WHERE store_id = ?1")

  /// Adds a store, which is empty.
  package func insert(_ id: StoreID, at now: Int64) throws {
    try transaction.run(Self.insert, id.name, now)
    transaction.numbers.noteBegin(of: id.name)
    transaction.changesKeys = true
  }

  /// Marks a store as being deleted, and deletes its keys. From the next job on the writer refuses
  /// every other write to it. The pieces follow in transactions of their own.
  package func beginDeletion(of id: StoreID, at now: Int64) throws {
    try transaction.run(Self.close, id.name, now)
    try transaction.run(Self.deleteNames, id.name)
    try transaction.run(Self.deleteKeys, id.name)
    transaction.closures.forget()
    transaction.changesKeys = true
  }

  /// Deletes up to `rows` rows of a store. Stops earlier once they have `bytes`. Returns true if
  /// more may be left.
  ///
  /// It begins with the first table that has rows, so it goes on wherever the last piece ended, in
  /// this process or an earlier one.
  package func deletePiece(
    of id: StoreID,
    rows: Int = 500,
    bytes: Int = 2 << 20
  ) throws -> Bool {
    var room = StoreEraser.Room(rows: rows, bytes: bytes)
    let eraser = StoreEraser(transaction, id)
    return try eraser.erase(&room)
  }

  /// Removes a store of which nothing is left from the list.
  package func finishDeletion(of id: StoreID) throws {
    try transaction.run(Self.delete, id.name)
    transaction.numbers.noteEnd(of: id.name)
    transaction.closures.forget()
    transaction.erasures.forget(id.name)
    transaction.settings.forget(id.name)
    transaction.changesSettings = true
    transaction.changesLimits = true
    transaction.changesKeys = true
    transaction.truncatesLog = true
  }
}
