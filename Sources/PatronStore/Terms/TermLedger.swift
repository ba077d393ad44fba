internal import SQLite

/// What one writer keeps of terms: their ids, so that they are looked up once, and how many
/// customers each gained and lost in the open transaction. The counters are written once, just
/// before the commit.
final class TermLedger {
  private struct Key: Hashable {
    var store: String
    var term: Term
  }

  struct Numbered: Hashable {
    var store: String
    var id: Int64
  }

  /// Terms to remember at most; tags may be many.
  private static let capacity = 20_000

  private var ids: [Key: Int64] = [:]
  /// What the open transaction changes in the counters.
  private(set) var gains: [Numbered: Int64] = [:]

  private static let addToCount = Query(
    "UPDATE terms SET count = count + ?3 WHERE store_id = ?1 AND term_id = ?2"
  )
  private static let deleteEmpty = Query(
    "DELETE FROM terms WHERE store_id = ?1 AND term_id = ?2 AND count = 0"
  )

  /// The id of a term if it is known here.
  func id(of term: Term, in store: String) -> Int64? { ids[Key(store: store, term: term)] }

  /// Remembers the id of a term.
  func remember(_ term: Term, in store: String, id: Int64) {
    if ids.count >= Self.capacity { ids.removeAll() }
    ids[Key(store: store, term: term)] = id
  }

  /// Notes that a term gained or lost a customer.
  func count(_ change: Int64, of id: Int64, in store: String) {
    gains[Numbered(store: store, id: id), default: 0] += change
  }

  /// Writes the counters. A term that nobody has any more goes.
  func flush(_ connection: Connection) throws(SQLiteError) {
    guard !gains.isEmpty else { return }
    let changes = connection.totalChanges
    var written: Int64 = 0
    for (term, change) in gains {
      if change != 0 {
        try connection.run(Self.addToCount, term.store, term.id, change)
        written += 1
      }
      // Also what was gained and lost in one transaction may be a new term that nobody has.
      if change <= 0 { try connection.run(Self.deleteEmpty, term.store, term.id) }
    }
    // A term that went must not be found by its old id.
    if connection.totalChanges != changes + written { ids.removeAll() }
    gains.removeAll(keepingCapacity: true)
  }

  /// Goes back to what the transaction had changed at a time; terms made since are gone.
  func takeBack(to gains: [Numbered: Int64]) {
    ids.removeAll()
    self.gains = gains
  }

  /// Forgets what a transaction that was rolled back brought.
  func forget() {
    ids.removeAll()
    gains.removeAll()
  }
}
