internal import SQLite

/// The settings of all stores that have set any. It belongs to a transaction and to that
/// transaction's thread.
package struct AllSettings {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let all = Query("SELECT store_id, body FROM store_settings")

  /// Calls `body` with every store and its encoded settings, in any order.
  package func forEach(_ body: (StoreID, [UInt8]) throws -> Void) throws {
    try transaction.forEach(Self.all) { row in
      guard let store = StoreID(row.text(0)) else { return }
      try body(store, row.array(1))
    }
  }
}
