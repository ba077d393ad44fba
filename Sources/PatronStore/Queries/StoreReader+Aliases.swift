internal import PatronModel
internal import SQLite

/// Aliases of customers.
extension StoreReader {
  private static let ids = Query(
    "SELECT merged_id FROM id_aliases WHERE store_id = ?1 AND customer_id = ?2 ORDER BY merged_id"
  )
  private static let latestIDs = Query(
    """
    SELECT merged_id FROM id_aliases WHERE store_id = ?1 AND customer_id = ?2
    ORDER BY merged_id DESC LIMIT ?3
    """
  )
  private static let externalIDs = Query(
    "SELECT external_id FROM aliases WHERE store_id = ?1 AND customer_id = ?2 ORDER BY external_id"
  )
  private static let addresses = Query(
    """
    SELECT channel, address FROM address_aliases WHERE store_id = ?1 AND customer_id = ?2
    ORDER BY channel, address
    """
  )

  /// Returns the ids of customers merged into a customer, highest first, at most `limit`.
  package func formerIDs(of customerID: Int64, atMost limit: Int) throws -> [Int64] {
    var ids: [Int64] = []
    try transaction.forEach(Self.latestIDs, store.name, customerID, limit) {
      ids.append($0.int64(0))
    }
    return ids
  }

  /// Returns all aliases of a customer.
  package func formerIdentifiers(of customerID: Int64) throws -> [FormerIdentifier] {
    var all: [FormerIdentifier] = []
    try transaction.forEach(Self.ids, store.name, customerID) { all.append(.id($0.int64(0))) }
    try transaction.forEach(Self.externalIDs, store.name, customerID) {
      all.append(.externalID($0.text(0)))
    }
    try transaction.forEach(Self.addresses, store.name, customerID) { row in
      guard let channel = Channel(rawValue: Int(row.int64(0))) else {
        throw StoreError.corrupt("an alias has an unknown channel")
      }
      all.append(.address(channel, row.text(1)))
    }
    return all
  }
}
