internal import SQLite

/// Makes the provenance that is to be stored out of what is stored; that is empty where nothing is
/// known.
public typealias ProvenanceChange = (_ stored: [UInt8]) throws -> [UInt8]

/// Who last set which field of a customer.
extension StoreReader {
  private static let provenance = Query(
    "SELECT provenance FROM customers WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// The encoded provenance of a customer's fields; empty when nothing is known of it.
  public func provenance(of customerID: Int64) throws -> [UInt8] {
    try transaction.first(Self.provenance, store.name, customerID) { $0.array(0) } ?? []
  }
}

extension StoreWriter {
  private static let setProvenance = Query(
    "UPDATE customers SET provenance = ?3 WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Changes the provenance of a customer's fields alone: for what is known only after the customer
  /// was written, which is what those who watch were told.
  public func changeProvenance(of customerID: Int64, _ change: ProvenanceChange) throws {
    let provenance = try change(try read.provenance(of: customerID))
    try transaction.run(Self.setProvenance, store.name, customerID, provenance)
  }
}
