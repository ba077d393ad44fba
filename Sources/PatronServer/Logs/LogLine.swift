internal import Logging
internal import PatronModel

/// The form of the lines of the log.
package enum LogFormat: String, Sendable, CaseIterable {
  /// Lines for people.
  case text
  /// An object of JSON on each line.
  case json
}

/// One line of the log, with its end. It has at most ``maxBytes`` bytes, whatever it is made of:
/// long values are cut, and fields without room are left out, which the line says.
struct LogLine {
  static let maxBytes = 4096
  private static let maxMessageBytes = 2048
  private static let maxValueBytes = 512
  /// Room for the mark of a line with fields left out, and for the end.
  private static let endBytes = 16

  private let format: LogFormat
  private(set) var bytes: [UInt8] = []
  private var isCut = false

  /// Makes a line. `time` is in microseconds since 1970 UTC.
  init(
    _ format: LogFormat,
    at time: Int64,
    _ level: Logger.Level,
    _ component: LogComponent,
    _ message: String,
    _ metadata: Logger.Metadata
  ) {
    self.format = format
    bytes.reserveCapacity(256)
    switch format {
    case .text:
      append(Self.text(of: time) + " " + level.rawValue + " " + component.rawValue + ": ")
      appendEscaped(message, maxBytes: Self.maxMessageBytes, isQuoted: false)
    case .json:
      append("{\"ts\":\"" + Self.text(of: time) + "\",\"level\":\"" + level.rawValue)
      append("\",\"component\":\"" + component.rawValue + "\",\"msg\":")
      appendQuoted(message, maxBytes: Self.maxMessageBytes)
    }
    for (key, value) in metadata.sorted(by: Self.isBefore) { appendField(key, value) }
    if isCut { append(format == .json ? ",\"cut\":true" : " cut=true") }
    append(format == .json ? "}\n" : "\n")
  }

  // MARK: Fields

  /// The order of the fields. Others follow in that of the alphabet.
  private static let order = [
    "call", "method", "code", "ms", "queue_ms", "run_ms", "conn", "peer", "bytes", "key", "reason",
    "count", "trace_id",
  ]

  private static func isBefore(
    _ left: (key: String, value: Logger.MetadataValue),
    _ right: (key: String, value: Logger.MetadataValue)
  ) -> Bool {
    let places = (order.firstIndex(of: left.key), order.firstIndex(of: right.key))
    return (places.0 ?? order.count, left.key) < (places.1 ?? order.count, right.key)
  }

  private mutating func appendField(_ key: String, _ value: Logger.MetadataValue) {
    let start = bytes.count
    switch format {
    case .text:
      append(" ")
      appendEscaped(key, maxBytes: Self.maxValueBytes, isQuoted: false)
      append("=")
      appendText(value)
    case .json:
      append(",")
      appendQuoted(key, maxBytes: Self.maxValueBytes)
      append(":")
      appendJSON(value)
    }
    guard bytes.count > Self.maxBytes - Self.endBytes else { return }
    bytes.removeSubrange(start...)
    isCut = true
  }

  private mutating func appendText(_ value: Logger.MetadataValue) {
    let text = "\(value)"
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x22 && $0 < 0x7F && $0 != 0x3D }
    if isPlain {
      appendEscaped(text, maxBytes: Self.maxValueBytes, isQuoted: false)
    } else {
      appendQuoted(text, maxBytes: Self.maxValueBytes)
    }
  }

  private mutating func appendJSON(_ value: Logger.MetadataValue) {
    if case .stringConvertible(let number) = value {
      switch number {
      case let number as any FixedWidthInteger: return append("\(number)")
      case let number as Double where number.isFinite: return append("\(number)")
      case let truth as Bool: return append(truth ? "true" : "false")
      default: break
      }
    }
    appendQuoted("\(value)", maxBytes: Self.maxValueBytes)
  }

  // MARK: Text

  private mutating func append(_ text: String) { bytes += text.utf8 }

  private mutating func appendQuoted(_ text: String, maxBytes: Int) {
    append("\"")
    appendEscaped(text, maxBytes: maxBytes, isQuoted: true)
    append("\"")
  }

  /// Appends text without characters that could end a line, a string or change a terminal. Cuts it
  /// behind `maxBytes`, with a mark.
  private mutating func appendEscaped(_ text: String, maxBytes: Int, isQuoted: Bool) {
    let end = bytes.count + maxBytes
    for scalar in text.unicodeScalars {
      guard bytes.count < end else { return append("…") }
      switch scalar {
      case "\"" where isQuoted, "\\" where isQuoted:
        append("\\")
        bytes.append(UInt8(scalar.value))
      case "\n": append("\\n")
      case "\t": append("\\t")
      case _ where Self.isUnsafe(scalar):
        let digits = String(scalar.value, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      default: append(String(scalar))
      }
    }
  }

  /// Returns true for control characters, and for those that end a line or turn its direction. All
  /// of them have at most four hexadecimal digits.
  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// Returns a time in UTC to the millisecond, as in `2026-11-30T21:28:05.123Z`.
  private static func text(of time: Int64) -> String {
    let time = (try? Timestamp(microseconds: time)) ?? .epoch
    let second = time.seconds - Int64(time.date.daysSinceEpoch) * 86_400
    let parts = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }
    let millis = padded(Int64(time.nanos) / 1_000_000, 3)
    return "\(time.date.iso8601)T\(parts.joined(separator: ":")).\(millis)Z"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
