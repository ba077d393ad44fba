internal import SQLite

/// The schema and the last record of a copy.
package struct CopyFacts: Sendable, Equatable {
  /// The version of the schema.
  package let schemaVersion: Int
  /// The sequence of the last entry of the audit log; 0 without one.
  package let lastAuditSequence: Int64
  /// The hash of that entry; empty without one.
  package let lastAuditHash: [UInt8]
}

/// The inspection of a copy that no other process has open.
enum CopyInspection {
  private static let findings = Query("PRAGMA quick_check(3)")
  private static let auditTables = Query(
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'audit'"
  )
  private static let lastEntry = Query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")

  /// Makes a copy independent of a write-ahead log, so that it is one file, and runs SQLite's quick
  /// check. Throws for a copy that is damaged, not Patron's, or newer than `migrations`; `name` is
  /// the file in the error. Ends early if `isStopped` returns true.
  static func run(
    at path: String,
    named name: String,
    migrations: [Migration],
    isStopped: @escaping () -> Bool = { false }
  ) throws -> CopyFacts {
    do {
      let connection = try Connection(path: path, mode: .readWrite, busyTimeoutMilliseconds: 5000)
      connection.setStopCheck(isStopped)
      defer { connection.setStopCheck(nil) }
      let version = try MigrationRunner(path: name, migrations: migrations).inspect(connection)
      // The file is synced as a whole before it gets its name.
      try connection.execute("PRAGMA synchronous=OFF")
      guard try connection.text("PRAGMA journal_mode=DELETE") == "delete" else {
        throw BackupError.failed(path: name, detail: "its write-ahead log is in use")
      }
      try connection.forEach(findings) { row in
        let text = row.text(0)
        guard text == "ok" else { throw BackupError.failed(path: name, detail: "damaged: \(text)") }
      }
      guard version > 0 else { throw BackupError.failed(path: name, detail: "it is empty") }
      let hasAudit = try connection.first(auditTables) { $0.bool(0) } == true
      let last = hasAudit ? try connection.first(lastEntry) { ($0.int64(0), $0.array(1)) } : nil
      return CopyFacts(
        schemaVersion: version,
        lastAuditSequence: last?.0 ?? 0,
        lastAuditHash: last?.1 ?? []
      )
    } catch let error as SQLiteError {
      throw BackupError(error, path: name)
    }
  }
}
