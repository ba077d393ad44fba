internal import SQLite

/// The deletion of the rows of one store, table by table.
struct StoreEraser {
  /// The rows and bytes that a transaction may still delete.
  struct Room {
    var rows: Int
    var bytes: Int

    var isUsedUp: Bool { rows <= 0 || bytes <= 0 }
  }

  /// The statements of a table.
  private struct Statements {
    let name: String
    /// The sizes of the first rows; nil if rows are small.
    let sizes: Query?
    /// Deletes the first rows.
    let delete: Query

    init(_ table: StoreTables.Table) {
      let (name, key) = (table.name, table.key)
      self.name = name
      sizes = table.size.map { size in
        Query("SELECT \(size) FROM \(name) WHERE store_id = ?1 ORDER BY \(key) LIMIT ?2")
      }
      delete = Query(StoreEraser.deletion(from: table))
    }
  }

  /// Returns SQL that deletes the first ?2 rows of the store ?1.
  static func deletion(from table: StoreTables.Table) -> String {
    let (name, key) = (table.name, table.key)
    guard !key.isEmpty else { return "DELETE FROM \(name) WHERE store_id = ?1 AND ?2 > 0" }
    let columns = key.split(separator: ", ")
    // Without an affinity of the right side, SQLite seeks by all columns of the key.
    let last = columns.map { "+\($0)" }.joined(separator: ", ")
    let descending = columns.map { "\($0) DESC" }.joined(separator: ", ")
    return """
      DELETE FROM \(name) WHERE store_id = ?1 AND (\(key)) <= (
        SELECT \(last) FROM (
          SELECT \(key) FROM \(name) WHERE store_id = ?1 ORDER BY \(key) LIMIT ?2)
        ORDER BY \(descending) LIMIT 1)
      """
  }

  private static let statements = StoreTables.emptied.map(Statements.init)
  private static let addresses = Query(
    """
    SELECT customer_id, email, phone FROM customers WHERE store_id = ?1
    ORDER BY customer_id LIMIT ?2
    """
  )

  private let transaction: WriteTransaction
  private let store: StoreID

  init(_ transaction: WriteTransaction, _ store: StoreID) {
    self.transaction = transaction
    self.store = store
  }

  /// Deletes rows while there is room. Returns true if more may be left.
  func erase(_ room: inout Room) throws -> Bool {
    for table in Self.statements {
      while true {
        if room.isUsedUp { return true }
        let rows = try rowsToDelete(table, &room)
        if rows == 0 { break }
        if table.name == StoreTables.customers.name { try unindex(rows) }
        if table.name == "terms" { transaction.terms.forgetIDs() }
        let before = transaction.totalChanges
        try transaction.run(table.delete, store.name, rows)
        let deleted = Int(transaction.totalChanges - before)
        room.rows -= deleted
        transaction.truncatesLog = true
        if deleted < rows { break }
      }
    }
    return false
  }

  /// Returns the number of rows that a statement may delete, and takes their bytes from the room.
  /// Of small rows there may be fewer.
  private func rowsToDelete(_ table: Statements, _ room: inout Room) throws -> Int {
    guard let sizes = table.sizes else { return room.rows }
    var count = 0
    try transaction.read.forEachWhile(sizes, store.name, room.rows) { row in
      count += 1
      room.bytes -= Int(row.int64(0))
      return room.bytes > 0
    }
    return count
  }

  /// Removes the first customers from the search index.
  private func unindex(_ count: Int) throws {
    var rows: [CustomerRow] = []
    try transaction.forEach(Self.addresses, store.name, count) { row in
      rows.append(
        CustomerRow(
          id: row.int64(0),
          externalID: nil,
          emailKey: row.optionalText(1),
          phone: row.optionalText(2),
          updatedAt: 0,
          body: []
        )
      )
    }
    // No terms are computed here.
    let writer = StoreWriter(
      transaction,
      store,
      TermRules(ofBody: { _, _ in [] }, ofStats: { _ in [] })
    )
    for row in rows { try writer.unindex(row) }
    transaction.search.hasErased = true
  }
}
