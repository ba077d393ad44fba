internal import SQLite

/// Terms of records that were written before there were terms, of all stores.
extension StoreWriter {
  private static let termsPass = CustomerPass(
    table: "term_rebuild",
    customers: "SELECT store_id, customer_id FROM customers"
  )

  /// Makes the terms of the next customers, of all stores, that were written by a version without
  /// terms. Returns how many it did: at most `limit`, and 0 when all are done.
  package static func rebuildTerms(
    atMost limit: Int,
    _ rules: TermRules,
    in transaction: WriteTransaction
  ) throws -> Int {
    try termsPass.step(atMost: limit, rules, in: transaction) { writer, id in
      guard let row = try writer.read.customerRow(.id(id)) else { return }
      try writer.rebuildTerms(of: row)
    }
  }
}
