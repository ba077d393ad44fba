package import Logging
package import PatronStore

/// The lines about the work of the database.
package enum StoreLog {
  /// The least time of a batch that is logged.
  static let slowBatch = Duration.milliseconds(100)
  /// The time of a batch or a checkpoint from which a line is a warning.
  static let warning = Duration.seconds(1)

  /// Returns the receiver of a store's events; see ``StoreOptions/onEvent``.
  package static func observer(_ log: Logger) -> @Sendable (StoreEvent) -> Void {
    { event in
      switch event {
      case .batch(let items, let run, let whole):
        guard whole >= slowBatch else { return }
        log.log(
          level: whole >= warning ? .warning : .info,
          "a slow batch of writes",
          metadata: [
            "ms": .stringConvertible(whole.wholeMillis),
            "run_ms": .stringConvertible(run.wholeMillis), "items": .stringConvertible(items),
          ]
        )
      case .checkpoint(let pages, let isBusy, let duration):
        log.log(
          level: duration >= warning ? .warning : .debug,
          "a checkpoint of the write-ahead log",
          metadata: [
            "ms": .stringConvertible(duration.wholeMillis), "pages": .stringConvertible(pages),
            "busy": .stringConvertible(isBusy),
          ]
        )
      case .migration(let from, let to, let duration):
        log.log(
          level: from == 0 ? .debug : .info,
          "brought the schema of the database to this version",
          metadata: [
            "ms": .stringConvertible(duration.wholeMillis), "from": .stringConvertible(from),
            "to": .stringConvertible(to),
          ]
        )
      }
    }
  }
}
