import PatronServer
import PatronStore
import TTRPC

/// The status as JSON, in a fixed order.
enum StatusJSON {
  /// A JSON value.
  private indirect enum Value {
    case text(String)
    case number(Int)
    case seconds(Duration)
    case bool(Bool)
    case list([Value])
    case object([(String, Value)])
    case null
  }

  static func text(of status: ServerStatus) -> String {
    var text = ""
    append(value(of: status), to: &text)
    return text
  }

  private static func value(of status: ServerStatus) -> Value {
    .object([
      ("phase", .text(status.phase.rawValue)),
      ("ready", .bool(status.unreadiness.isEmpty)),
      ("not_ready", .list(status.unreadiness.map { .text($0) })),
      ("version", .text(status.version)),
      ("sqlite_version", .text(status.sqliteVersion)),
      ("uptime_seconds", .seconds(status.uptime)),
      ("addresses", .list(status.addresses.map { .text($0) })),
      ("database", status.database.map(value) ?? .null),
      ("clients", status.clients.map(value) ?? .null),
    ])
  }

  private static func value(of database: ServerStatus.Database) -> Value {
    .object([
      ("schema_version", .number(database.schemaVersion)),
      ("bytes", .number(database.bytes)),
      ("free_bytes", .number(database.freeBytes)),
      ("log_bytes", .number(database.logBytes)),
      ("disk_free_bytes", database.freeDiskBytes.map { .number($0) } ?? .null),
      ("disk_full", .bool(database.isDiskFull)),
      ("writer_failure", database.failure.map { .text($0) } ?? .null),
      (
        "write_queue",
        .object([
          ("jobs", .number(database.queue.jobs)),
          ("bytes", .number(database.queue.bytes)),
          ("expected_seconds", .seconds(database.queue.wait)),
        ])
      ),
      ("scans", value(of: database.streams)),
      ("reads", value(of: database.reads)),
      ("oldest_snapshot_seconds", .seconds(database.oldestSnapshot)),
    ])
  }

  private static func value(of phases: ScanLane.Phases) -> Value {
    .object([
      ("queued", .number(phases.queued)),
      ("running", .number(phases.running)),
      ("parked", .number(phases.parked)),
      ("yielding", .number(phases.yielding)),
    ])
  }

  private static func value(of clients: ServerStatus.Clients) -> Value {
    .object([
      ("connections", .number(clients.connections)),
      ("calls_in_flight", .number(clients.callsInFlight)),
      ("unread_answer_bytes", .number(clients.unreadAnswerBytes)),
      ("request_bytes", .number(clients.requestBytes)),
      ("watches", .number(clients.watches)),
      (
        "limits",
        .object(Limits.all.map { ($0.flag, .number(clients.limits[keyPath: $0.keyPath])) })
      ),
    ])
  }

  private static func append(_ value: Value, to text: inout String) {
    switch value {
    case .text(let string): append(string, to: &text)
    case .number(let number): text += "\(number)"
    case .seconds(let duration):
      // Three digits: milliseconds.
      let millis = Int(duration.inSeconds * 1000)
      let rest = String(millis % 1000)
      text += "\(millis / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    case .bool(let bool): text += bool ? "true" : "false"
    case .null: text += "null"
    case .list(let values):
      append(values, "[", "]", to: &text) { append($0, to: &$1) }
    case .object(let pairs):
      append(pairs, "{", "}", to: &text) { pair, text in
        append(pair.0, to: &text)
        text += ":"
        append(pair.1, to: &text)
      }
    }
  }

  private static func append<Element>(
    _ elements: [Element],
    _ open: String,
    _ close: String,
    to text: inout String,
    _ each: (Element, inout String) -> Void
  ) {
    text += open
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      each(element, &text)
    }
    text += close
  }

  private static func append(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
