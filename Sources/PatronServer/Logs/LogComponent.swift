/// The part of the server that a line of the log is about. Raw values are words of `--log-level`.
package enum LogComponent: String, Sendable, CaseIterable {
  /// Start, stop, and the log itself.
  case server
  /// Connections: their ends, and those that were refused.
  case connections
  /// Calls: slow ones, refused ones, scans, unexpected errors.
  case calls
  /// The database: transactions, checkpoints, migrations, the disk.
  case store
  /// Certificates and handshakes.
  case tls
  /// Callers that were refused because of their key, or because they have none.
  case keys
  /// The addresses for operators: health, metrics.
  case ops
  /// Copies of the database.
  case backup
}
