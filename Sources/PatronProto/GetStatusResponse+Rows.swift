internal import ProtobufC

extension GetStatusResponse {
  /// Returns the status for people: a name and a value in each row. `time` formats an instant.
  package func rows(
    time: (GoogleProtobuf.Timestamp) -> String
  ) -> [(name: String, value: String)] {
    var rows = [
      ("version", "\(version), SQLite \(sqliteVersion), schema \(schemaVersion)"),
      ("started", startedAt.map { "\(time($0)), \(uptime) ago" } ?? "-"),
      ("addresses", addresses.joined(separator: ", ")),
      ("ready", ready ? "yes" : "no: \(notReadyReason)"),
      (
        "database",
        "\(Self.size(databaseBytes)), \(Self.size(databaseFreeBytes)) of it free; "
          + "log \(Self.size(logBytes)); disk \(Self.size(diskFreeBytes)) free"
      ),
      ("stores", "\(storeCount)"),
    ]
    rows += [
      ("connections", "\(openConnections) open"),
      ("calls", "\(callsInFlight) in flight"),
      (
        "writes",
        "\(queuedWrites) queued (\(Self.size(queuedWriteBytes))), \(commits) commits"
      ),
      ("streams", "\(runningScans) reads, \(watches) watches"),
      ("memory", Self.size(residentBytes)),
      ("backup", backupText(time)),
    ]
    let changed = settings.filter { $0.origin != "default" }
    rows += changed.map { ("setting \($0.name)", "\($0.value) (\($0.origin))") }
    return rows
  }

  private func backupText(_ time: (GoogleProtobuf.Timestamp) -> String) -> String {
    let last =
      lastBackup.map { backup in
        "\(backup.finishedAt.map(time) ?? "-"), \(Self.size(backup.sizeBytes)), \(backup.path)"
      } ?? "none since the start"
    return backupRunning ? "running; last: \(last)" : last
  }

  /// The time since the start, as `3 d 4 h`.
  private var uptime: String {
    let seconds = max(0, (now?.seconds ?? 0) - (startedAt?.seconds ?? 0))
    let parts = [
      (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"),
      (seconds % 60, "s"),
    ]
    let shown = parts.drop { $0.0 == 0 }.prefix(2)
    return shown.isEmpty ? "0 s" : shown.map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }

  /// Returns bytes as `512 B`, `14 KiB`, `3.5 MiB`.
  private static func size(_ bytes: Int64) -> String {
    guard bytes >= 1024 else { return "\(bytes) B" }
    var tenths = bytes.multipliedReportingOverflow(by: 10).partialValue
    var unit = ""
    for name in ["KiB", "MiB", "GiB", "TiB"] where tenths >= 10_240 || unit.isEmpty {
      tenths /= 1024
      unit = name
    }
    return tenths >= 100 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
  }
}
