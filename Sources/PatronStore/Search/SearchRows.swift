internal import SQLite

/// The rows of a store's customers in the search index: their ids, or those in `search_rows`.
enum SearchRows {
  /// SQL for the row of a customer `c`.
  static let ofCustomer = """
    coalesce((SELECT r.search_row FROM search_rows r
      WHERE r.store_id = c.store_id AND r.customer_id = c.customer_id), c.customer_id)
    """
}

extension StoreReader {
  private static let anySearchRow = Query(
    "SELECT 1 FROM search_rows WHERE store_id = ?1 LIMIT 1"
  )
  private static let rowAtMost = Query(
    """
    SELECT \(SearchRows.ofCustomer) FROM customers c
    WHERE c.store_id = ?1 AND c.customer_id <= ?2 ORDER BY c.customer_id DESC LIMIT 1
    """
  )
  private static let rowAtLeast = Query(
    """
    SELECT \(SearchRows.ofCustomer) FROM customers c
    WHERE c.store_id = ?1 AND c.customer_id >= ?2 ORDER BY c.customer_id LIMIT 1
    """
  )
  private static let searchRow = Query(
    "SELECT search_row FROM search_rows WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// True if the store has customers whose row is not their id.
  func hasSearchRows() throws -> Bool {
    try transaction.first(Self.anySearchRow, store.name) { _ in true } ?? false
  }

  /// Returns the row of a customer.
  func searchRow(of customerID: Int64) throws -> Int64 {
    try transaction.first(Self.searchRow, store.name, customerID) { $0.int64(0) } ?? customerID
  }

  /// Returns the row of the customer with this id, or of the next one, in the direction of a walk.
  /// Returns nil if there is none.
  func searchRow(from customerID: Int64, _ walk: CustomerWalk) throws -> Int64? {
    let query = walk == .newestFirst ? Self.rowAtMost : Self.rowAtLeast
    return try transaction.first(query, store.name, customerID) { $0.int64(0) }
  }
}

extension StoreWriter {
  private static let insertSearchRow = Query(
    "INSERT INTO search_rows (store_id, customer_id, search_row) VALUES (?1, ?2, ?3)"
  )
  private static let deleteSearchRow = Query(
    "DELETE FROM search_rows WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Returns the id of a new customer, and gives it a row of the search index.
  package func nextCustomerID() throws -> Int64 {
    let id = try nextID()
    let row = try transaction.numbers.nextSearchRow(of: id, in: store.name, transaction.read)
    if row != id { try transaction.run(Self.insertSearchRow, store.name, id, row) }
    return id
  }

  /// Returns the row of a customer. Needs no query in most stores.
  func searchRow(of customerID: Int64) throws -> Int64 {
    guard try transaction.numbers.hasSearchRows(store.name, in: transaction.read) else {
      return customerID
    }
    return try read.searchRow(of: customerID)
  }

  /// Removes the row of an erased customer.
  func deleteSearchRow(of customerID: Int64) throws {
    try transaction.run(Self.deleteSearchRow, store.name, customerID)
  }
}
