import Foundation
import Logging

/// A log handler that writes the message of each event as one line on standard error. Structured
/// output comes with the operator's tools.
struct StandardErrorLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { report("\(event.message)") }
}
