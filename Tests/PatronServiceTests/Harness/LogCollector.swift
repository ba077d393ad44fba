import Logging
import PatronStore
import Synchronization

@testable import PatronServer

/// A log whose messages a test can read.
final class LogCollector: Sendable {
  private let events = Mutex<[String]>([])

  /// The messages from the level `info` on, with their fields, oldest first.
  var messages: [String] { events.withLock { $0 } }

  /// A logger whose messages are collected.
  var log: Logger { Logger(label: "test") { _ in Handler(collector: self) } }

  private struct Handler: LogHandler {
    let collector: LogCollector
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = event.metadata ?? [:]
      let line = LogLine(.text, at: 0, event.level, .calls, "\(event.message)", fields)
      let text = String(decoding: line.bytes.dropLast(), as: UTF8.self)
      let start = "1970-01-01T00:00:00.000Z \(event.level) calls: "
      collector.events.withLock { $0.append(String(text.dropFirst(start.count))) }
    }
  }
}
