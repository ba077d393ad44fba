internal import Logging
internal import PatronStore

/// The log handler of one component: each event becomes a line.
struct LineLogHandler: LogHandler {
  let component: LogComponent
  let format: LogFormat
  let clock: WallClock
  let writer: LogWriter
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
    let message = "\(event.message)"
    writer.write(LogLine(format, at: clock.now(), event.level, component, message, all).bytes)
  }
}
