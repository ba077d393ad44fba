internal import SQLite

/// The stores that are being deleted, as the writer knows them: it refuses to write to them.
final class ClosedStores {
  private static let all = Query("SELECT store_id FROM stores WHERE deleted_at IS NOT NULL")

  /// False for a database that has no list of stores.
  private let isTracked: Bool
  /// Nil until the database was asked.
  private var names: Set<String>?

  init(_ connection: Connection) {
    let count = try? connection.integer(
      "SELECT count(*) FROM sqlite_schema WHERE name = 'stores'"
    )
    isTracked = count == 1
  }

  /// Returns true for a store that is being deleted. Asks the database once.
  func contains(_ store: String, in transaction: ReadTransaction) throws -> Bool {
    guard isTracked else { return false }
    if let names { return !names.isEmpty && names.contains(store) }
    var found: Set<String> = []
    try transaction.forEach(Self.all) { found.insert($0.text(0)) }
    names = found
    return found.contains(store)
  }

  /// Forgets what it knows, because a deletion began or ended, or a transaction was rolled back.
  func forget() { names = nil }
}
