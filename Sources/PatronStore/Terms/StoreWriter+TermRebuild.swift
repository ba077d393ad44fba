internal import SQLite

/// Terms of records that are older than terms, in all stores.
extension StoreWriter {
  private static let termsPass = CustomerPass(
    table: "term_rebuild",
    customers: "SELECT store_id, customer_id FROM customers"
  )

  /// Computes the terms of the next customers, in all stores, that a version without terms wrote.
  /// Returns the number of customers done: at most `limit`, and 0 if none is left.
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
