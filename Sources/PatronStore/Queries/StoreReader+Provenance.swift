internal import SQLite

/// Provenance: the origin and time of the last change of each field.
extension StoreReader {
  private static let provenance = Query(
    "SELECT provenance FROM customers WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Returns the encoded provenance of a customer's fields. Empty if none is recorded.
  package func provenance(of customerID: Int64) throws -> [UInt8] {
    try transaction.first(Self.provenance, store.name, customerID) { $0.array(0) } ?? []
  }
}
