internal import SQLite

/// Who last set which field of a customer.
extension StoreReader {
  private static let provenance = Query(
    "SELECT provenance FROM customers WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// The encoded provenance of a customer's fields; empty when nothing is known of it.
  package func provenance(of customerID: Int64) throws -> [UInt8] {
    try transaction.first(Self.provenance, store.name, customerID) { $0.array(0) } ?? []
  }
}

extension StoreWriter {
  private static let setProvenance = Query(
    "UPDATE customers SET provenance = ?3 WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Writes the provenance of a customer's fields alone: for what is known only after the customer
  /// was written, which is what those who watch were told.
  package func setProvenance(_ provenance: [UInt8], of customerID: Int64) throws {
    try transaction.run(Self.setProvenance, store.name, customerID, provenance)
  }
}
