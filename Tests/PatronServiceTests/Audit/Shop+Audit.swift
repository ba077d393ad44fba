import PatronModel
import PatronStore
import Testing

@testable import PatronCore

extension Shop {
  /// Returns the rows of the audit log, oldest first, and expects that they are chained.
  func audit() throws -> [AuditRow] {
    let reader = try store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read { transaction in
      _ = try AuditVerification.run(transaction)
      var rows: [AuditRow] = []
      try AuditLog(transaction).rows { row in
        rows.append(row)
        return true
      }
      return rows
    }
  }

  /// Returns action and targets of the rows behind the first `count`, as in `settings.update
  /// setting:time_zone`.
  func audited(after count: Int = 0) throws -> [String] {
    try audit().dropFirst(count).map { row in
      row.targets.isEmpty ? row.action : "\(row.action) \(row.targets)"
    }
  }
}
