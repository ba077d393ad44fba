internal import SQLite

/// The rows of one store in the audit log.
extension StoreReader {
  private static let auditBehind = Query(
    """
    SELECT \(AuditLog.columns) FROM audit WHERE store_id = ?1 AND seq > ?2 ORDER BY seq
    """
  )
  private static let auditBefore = Query(
    """
    SELECT \(AuditLog.columns) FROM audit WHERE store_id = ?1 AND seq < ?2 ORDER BY seq DESC
    """
  )

  /// Visits the store's rows behind a sequence, oldest first, until `visit` returns false.
  package func auditRows(
    behind sequence: Int64,
    _ visit: (AuditRow) throws -> Bool
  ) throws {
    try transaction.forEachWhile(Self.auditBehind, store.name, sequence) {
      try visit(AuditRow($0))
    }
  }

  /// Visits the store's rows before a sequence, newest first, until `visit` returns false.
  package func auditRows(
    before sequence: Int64,
    _ visit: (AuditRow) throws -> Bool
  ) throws {
    try transaction.forEachWhile(Self.auditBefore, store.name, sequence) {
      try visit(AuditRow($0))
    }
  }
}
