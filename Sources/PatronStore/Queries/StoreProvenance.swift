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

extension StoreWriter {
  private static let setProvenance = Query(
    "UPDATE customers SET provenance = ?3 WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Writes the provenance of a customer's fields alone, without noting a change of the customer.
  /// For values that are known only after the customer was written.
  package func setProvenance(_ provenance: [UInt8], of customerID: Int64) throws {
    try transaction.run(Self.setProvenance, store.name, customerID, provenance)
  }
}
