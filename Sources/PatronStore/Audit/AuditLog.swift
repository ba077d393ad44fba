internal import SQLite

/// The audit log of the whole database, over all stores. It belongs to a transaction and to that
/// transaction's thread.
package struct AuditLog {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  static let columns = """
    seq, store_id, at, key_id, on_behalf_of, peer, action, targets, result, request_id, hash
    """

  private static let last = Query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
  private static let anchor = Query("SELECT seq, hash FROM audit_anchor WHERE name = 'begin'")
  private static let behind = Query("SELECT \(columns) FROM audit WHERE seq > ?1 ORDER BY seq")
  private static let before = Query(
    "SELECT \(columns) FROM audit WHERE seq < ?1 ORDER BY seq DESC"
  )

  /// Returns the place after which the chain begins: the last row that was removed, or
  /// ``AuditChain/begin``.
  package func begin() throws -> AuditPlace {
    let place = try transaction.first(Self.anchor) {
      AuditPlace(sequence: $0.int64(0), hash: $0.array(1))
    }
    guard let place else {
      throw StoreError.corrupt("the audit log has lost the place where it begins")
    }
    return place
  }

  /// Returns the place of the last row.
  package func end() throws -> AuditPlace {
    try transaction.first(Self.last) { AuditPlace(sequence: $0.int64(0), hash: $0.array(1)) }
      ?? begin()
  }

  /// Visits the rows behind a sequence, oldest first, until `visit` returns false.
  package func rows(
    behind sequence: Int64 = .min,
    _ visit: (AuditRow) throws -> Bool
  ) throws {
    try transaction.forEachWhile(Self.behind, sequence) { try visit(AuditRow($0)) }
  }

  /// Visits the rows before a sequence, newest first, until `visit` returns false.
  package func rows(
    before sequence: Int64,
    _ visit: (AuditRow) throws -> Bool
  ) throws {
    try transaction.forEachWhile(Self.before, sequence) { try visit(AuditRow($0)) }
  }
}

// MARK: - Removal

extension AuditLog {
  private static let oldest = Query("SELECT seq, at, hash FROM audit ORDER BY seq LIMIT ?1")
  private static let remove = Query("DELETE FROM audit WHERE seq <= ?1")
  private static let setAnchor = Query(
    "UPDATE audit_anchor SET seq = ?1, hash = ?2 WHERE name = 'begin'"
  )

  /// Rows that were removed together.
  package struct Removed {
    /// The sequence of the first row.
    package let first: Int64
    /// The last row, behind which the chain begins now.
    package let last: AuditPlace
    package let count: Int
    /// True if rows are left that are as old.
    package let hasMore: Bool
  }

  /// Removes up to `count` of the oldest rows, up to the first that is not before `time`, in
  /// microseconds since 1970. The hash of the last removed row stays as the begin of the chain. The
  /// caller records the removal, in the same transaction. Returns nil if no row is that old.
  package static func removeOldest(
    _ count: Int,
    before time: Int64,
    in transaction: WriteTransaction
  ) throws -> Removed? {
    var (first, last): (Int64?, AuditPlace?)
    var (removed, hasMore) = (0, false)
    try transaction.read.forEachWhile(oldest, count + 1) { row in
      guard row.int64(1) < time else { return false }
      guard removed < count else {
        hasMore = true
        return false
      }
      if first == nil { first = row.int64(0) }
      last = AuditPlace(sequence: row.int64(0), hash: row.array(2))
      removed += 1
      return true
    }
    guard let first, let last else { return nil }
    try transaction.run(setAnchor, last.sequence, last.hash)
    try transaction.run(remove, last.sequence)
    return Removed(first: first, last: last, count: removed, hasMore: hasMore)
  }
}

extension AuditRow {
  /// Reads a row of ``AuditLog/columns``.
  init(_ row: borrowing Row) {
    self.init(
      sequence: row.int64(0),
      store: row.text(1),
      at: row.int64(2),
      action: row.text(6),
      targets: row.text(7),
      result: row.int64(8)
    )
    keyID = row.text(3)
    onBehalfOf = row.text(4)
    peer = row.text(5)
    requestID = row.text(9)
    hash = row.array(10)
  }
}
