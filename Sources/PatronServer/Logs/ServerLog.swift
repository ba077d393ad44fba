package import Logging
package import PatronStore

/// The log of a server: one logger for each component, all with one writer. Usable on any thread.
package struct ServerLog: Sendable {
  private let levels: LogLevels
  private let format: LogFormat
  private let clock: WallClock
  private let writer: LogWriter

  /// Starts the thread of the log. `put` runs on it; see ``LogWriter``.
  package init(
    _ levels: LogLevels,
    _ format: LogFormat,
    clock: WallClock = .system,
    maxBytes: Int = LogWriter.usualBytes,
    put: @escaping @Sendable ([UInt8]) -> Bool = StandardError.put
  ) {
    self.levels = levels
    self.format = format
    self.clock = clock
    writer = LogWriter(
      maxBytes: maxBytes,
      report: { count in
        LogLine(
          format,
          at: clock.now(),
          .warning,
          .server,
          "dropped lines of the log, because its reader was too slow",
          ["count": .stringConvertible(count)]
        ).bytes
      },
      put: put
    )
  }

  /// The logger of a component.
  package subscript(_ component: LogComponent) -> Logger {
    Logger(label: component.rawValue) { _ in
      LineLogHandler(
        component: component,
        format: format,
        clock: clock,
        writer: writer,
        logLevel: levels[component]
      )
    }
  }

  /// The lines that were dropped so far.
  package var droppedLines: Int { writer.droppedLines }

  /// Writes what waits, for at most `patience`, and ends. Call it as the last work of a process.
  package func close(within patience: Duration = .seconds(1)) { writer.close(within: patience) }
}
