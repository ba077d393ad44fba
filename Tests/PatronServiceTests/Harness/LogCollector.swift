import Logging
import Synchronization

/// A log whose messages a test can read.
final class LogCollector: Sendable {
  private let events = Mutex<[String]>([])

  /// The messages so far, oldest first.
  var messages: [String] { events.withLock { $0 } }

  /// A logger whose messages are collected.
  var log: Logger { Logger(label: "test") { _ in Handler(collector: self) } }

  private struct Handler: LogHandler {
    let collector: LogCollector
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { collector.events.withLock { $0.append("\(event.message)") } }
  }
}
