import PatronServer

extension Setting {
  /// The settings of the log, of the operator's listener and of backups.
  static let operation: [Setting] = [
    Setting(
      name: "log-format",
      kind: .choice(LogOptions.Format.allCases.map(\.rawValue)),
      unit: "format",
      standard: "auto",
      help: "Form of the log on standard error: `text` for people, `json` for an object on each "
        + "line; `auto` is `text` on a terminal, `json` elsewhere"
    ),
    Setting(
      name: "log-level",
      kind: .text,
      unit: "levels",
      standard: "info",
      help: "Least level of the lines of the log: trace, debug, info, notice, warning, error or "
        + "critical, and levels of components, as in `info,store=debug`. The components are "
        + LogComponent.allCases.map(\.rawValue).joined(separator: ", ")
    ),
    number(
      "slow-call-ms",
      0...3_600_000,
      "milliseconds",
      250,
      "Log calls that took at least this long, with the time in queues apart; 0 logs none"
    ),
    Setting(
      name: "ops-listen",
      kind: .text,
      unit: "host:port|unix:path",
      standard: "",
      standardText: "none",
      help: "Address for the operator, over HTTP: /metrics, /healthz, /readyz and /status. Anyone "
        + "who reaches it may read them; they hold no data of customers"
    ),
    Setting(
      name: "insecure-ops-listen",
      kind: .off,
      unit: "",
      standard: "false",
      help: "Allow an --ops-listen address that other machines can reach"
    ),
    Setting(
      name: "backup-dir",
      kind: .text,
      unit: "dir",
      standard: "",
      standardText: "no backups",
      help: "Make backups in this directory, which must exist"
    ),
    Setting(
      name: "backup-every",
      kind: .text,
      unit: "time",
      standard: "",
      standardText: "24h",
      help: "Time between two backups: 90m, 24h or 7d"
    ),
    number(
      "backup-keep",
      1...BackupOptions.mostKept,
      "count",
      nil,
      "Number of backups that stay; older ones are removed",
      "7"
    ),
    Setting(
      name: "backup-hook",
      kind: .text,
      unit: "command",
      standard: "",
      standardText: "none",
      help: "Shell command that runs after each backup, with its path as $1 and PATRON_BACKUP_FILE"
    ),
  ]
}
