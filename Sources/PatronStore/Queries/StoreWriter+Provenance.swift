internal import SQLite

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
