internal import SQLite

/// The look-up of stores that may have expired data: answers kept for repeated requests, and
/// unconfirmed opt-in requests.
package struct OldAnswers {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let next = Query(
    """
    SELECT min(name) FROM (
      SELECT min(store_id) AS name FROM requests WHERE store_id > ?1 UNION ALL
      SELECT min(store_id) FROM confirmations WHERE store_id > ?1)
    """
  )

  /// Returns the first store behind `store`, in the order of their names, that has answers or
  /// opt-in requests of any age. Returns nil if there is none. Takes the same time however many
  /// rows a store has.
  package func nextStore(after store: String) throws -> String? {
    try transaction.first(Self.next, store) { $0.optionalText(0) } ?? nil
  }
}
