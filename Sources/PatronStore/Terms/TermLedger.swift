internal import SQLite

/// The writer's cache of term ids, and the pending changes of their counters in the open
/// transaction. The counters are written once, just before the commit.
final class TermLedger {
  private struct Key: Hashable {
    var store: String
    var term: Term
  }

  struct Numbered: Hashable {
    var store: String
    var id: Int64
  }

  /// Maximum number of cached terms; there may be many tags. The cache is emptied when it is full.
  private static let capacity = 20_000

  private var ids: [Key: Int64] = [:]
  /// Pending changes of the counters, by term.
  private(set) var gains: [Numbered: Int64] = [:]

  private static let addToCount = Query(
    "UPDATE terms SET count = count + ?3 WHERE store_id = ?1 AND term_id = ?2"
  )
  private static let deleteEmpty = Query(
    "DELETE FROM terms WHERE store_id = ?1 AND term_id = ?2 AND count = 0"
  )

  /// Returns the id of a term, or nil if it is not cached.
  func id(of term: Term, in store: String) -> Int64? { ids[Key(store: store, term: term)] }

  /// Caches the id of a term.
  func remember(_ term: Term, in store: String, id: Int64) {
    if ids.count >= Self.capacity { ids.removeAll() }
    ids[Key(store: store, term: term)] = id
  }

  /// Notes that a term gained or lost a customer.
  func count(_ change: Int64, of id: Int64, in store: String) {
    gains[Numbered(store: store, id: id), default: 0] += change
  }

  /// Writes the counters and deletes terms that no customer has any more.
  func flush(_ connection: Connection) throws(SQLiteError) {
    guard !gains.isEmpty else { return }
    let changes = connection.totalChanges
    var written: Int64 = 0
    for (term, change) in gains {
      if change != 0 {
        try connection.run(Self.addToCount, term.store, term.id, change)
        written += 1
      }
      // A term gained and lost in the same transaction may be a new one that no customer has.
      if change <= 0 { try connection.run(Self.deleteEmpty, term.store, term.id) }
    }
    // A deleted term must not be found by its old id.
    if connection.totalChanges != changes + written { ids.removeAll() }
    gains.removeAll(keepingCapacity: true)
  }

  /// Empties the cache, because terms are being deleted.
  func forgetIDs() { ids.removeAll() }

  /// Returns to earlier pending changes. Terms created since are discarded.
  func takeBack(to gains: [Numbered: Int64]) {
    ids.removeAll()
    self.gains = gains
  }

  /// Discards the state of a transaction that was rolled back.
  func forget() {
    ids.removeAll()
    gains.removeAll()
  }
}
