internal import SQLite

/// SQLite's own checks of a file, and those of the service.
enum StoreCheck {
  private static let integrity = Query("PRAGMA integrity_check")
  private static let foreignKeys = Query("PRAGMA foreign_key_check")

  /// Runs SQLite's checks, then `checks`. SQLite stops after 100 findings.
  static func findings(
    _ transaction: ReadTransaction,
    _ checks: [@Sendable (ReadTransaction) throws -> [String]]
  ) throws -> [String] {
    var findings: [String] = []
    for check in [integrityFindings, foreignKeyFindings] + checks {
      do {
        findings += try check(transaction)
      } catch StoreError.corrupt(let detail) {
        // Damage that keeps a check from running is itself a finding.
        findings.append("damaged: \(detail)")
      }
    }
    return findings
  }

  @Sendable
  private static func integrityFindings(_ transaction: ReadTransaction) throws -> [String] {
    var findings: [String] = []
    try transaction.forEach(integrity) { row in
      let text = row.text(0)
      if text != "ok" { findings.append("integrity: \(text)") }
    }
    return findings
  }

  @Sendable
  private static func foreignKeyFindings(_ transaction: ReadTransaction) throws -> [String] {
    var findings: [String] = []
    try transaction.forEach(foreignKeys) { row in
      findings.append(
        "foreign key: row \(row.int64(1)) of \(row.text(0)) has no row in \(row.text(2))"
      )
    }
    return findings
  }
}
