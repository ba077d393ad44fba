internal import ProtoWire

/// A writer of CSV (RFC 4180): commas, rows that end with CR LF, quotes where needed, UTF-8. It
/// collects its output in ``bytes``.
package struct CSVWriter: Sendable {
  /// The output that was not taken yet.
  package private(set) var bytes: [UInt8] = []
  private let safety: CSVSafety
  /// The index in `bytes` at which the row began.
  private var rowStart = 0
  private var hasCell = false

  /// Makes a writer. `byteOrderMark` adds the mark by which Excel recognizes UTF-8.
  package init(safety: CSVSafety, byteOrderMark: Bool = false) {
    self.safety = safety
    if byteOrderMark { bytes = Self.byteOrderMark }
    rowStart = bytes.count
  }

  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Writes a cell of UTF-8 text.
  ///
  /// - Throws: `CSV_NUL`, because most programs end a text at a NUL and would silently lose the
  ///   rest.
  package mutating func cell(_ text: RawSpan) throws(RuleError) {
    separate()
    var needsQuotes = false
    for offset in 0..<text.byteCount {
      let byte = text[offset]
      guard byte < 0x2D else { continue }
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
        needsQuotes = true
      case 0: throw Self.nul
      default: break
      }
    }
    let isEscaped = safety.escapes(text)
    guard needsQuotes else {
      if isEscaped { bytes.append(UInt8(ascii: "'")) }
      bytes.append(text)
      return
    }
    bytes.append(UInt8(ascii: "\""))
    if isEscaped { bytes.append(UInt8(ascii: "'")) }
    for offset in 0..<text.byteCount {
      if text[offset] == UInt8(ascii: "\"") { bytes.append(UInt8(ascii: "\"")) }
      bytes.append(text[offset])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes a cell of text. Throws as ``cell(_:)-(RawSpan)`` does.
  package mutating func cell(_ text: String) throws(RuleError) {
    var text = text
    let result = text.withUTF8 { utf8 in
      Result { () throws(RuleError) in try cell(utf8.span.bytes) }
    }
    try result.get()
  }

  /// Writes a cell of letters, digits and similar characters, which needs neither quotes nor an
  /// escape.
  package mutating func plain(_ text: StaticString) {
    separate()
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Writes an empty cell.
  package mutating func empty() { separate() }

  /// Writes a cell of a whole number.
  package mutating func integer(_ number: Int64) throws(RuleError) {
    if number >= 0 || safety != .strict {
      separate()
      if number < 0 { bytes.append(UInt8(ascii: "-")) }
      digits(number.magnitude)
    } else {
      try cell(String(number))
    }
  }

  /// Writes a cell of an instant as ``Timestamp/rfc3339`` does, from microseconds since 1970 in the
  /// years 1 to 9999. `nanos` are the nanoseconds beyond them, 0 to 999.
  package mutating func time(_ microseconds: Int64, nanos: Int = 0) {
    separate()
    let day = Self.floored(microseconds, by: Timestamp.microsecondsPerDay)
    let rest = Int(microseconds - day * Timestamp.microsecondsPerDay)
    let second = rest / 1_000_000
    guard let date = CivilDate(daysSinceEpoch: Int(day)) else { return }
    var text = InlineArray<20, UInt8>(repeating: UInt8(ascii: "-"))
    Self.put(date.year / 100, at: 0, in: &text)
    Self.put(date.year % 100, at: 2, in: &text)
    Self.put(date.month, at: 5, in: &text)
    Self.put(date.day, at: 8, in: &text)
    text[10] = UInt8(ascii: "T")
    Self.put(second / 3600, at: 11, in: &text)
    text[13] = UInt8(ascii: ":")
    Self.put(second / 60 % 60, at: 14, in: &text)
    text[16] = UInt8(ascii: ":")
    Self.put(second % 60, at: 17, in: &text)
    text[19] = UInt8(ascii: "Z")
    bytes.append(text.span.bytes)
    let fraction = rest % 1_000_000 * 1000 + nanos
    if fraction != 0 { putFraction(fraction) }
  }

  /// Inserts a fraction of a second, in nanoseconds, before the `Z` at the end of the output.
  private mutating func putFraction(_ nanoseconds: Int) {
    bytes[bytes.count - 1] = UInt8(ascii: ".")
    var (rest, divisor) = (nanoseconds, 100_000_000)
    while rest > 0 {
      bytes.append(UInt8(truncatingIfNeeded: 0x30 + rest / divisor))
      rest %= divisor
      divisor /= 10
    }
    bytes.append(UInt8(ascii: "Z"))
  }

  /// Writes two digits.
  @inline(__always)
  private static func put(_ number: Int, at index: Int, in text: inout InlineArray<20, UInt8>) {
    text[index] = UInt8(truncatingIfNeeded: 0x30 + number / 10)
    text[index + 1] = UInt8(truncatingIfNeeded: 0x30 + number % 10)
  }

  /// Ends the row.
  package mutating func endRow() {
    // A row of one empty cell would be an empty line, which readers skip.
    if bytes.count == rowStart { bytes.append(contentsOf: [0x22, 0x22]) }
    bytes.append(UInt8(ascii: "\r"))
    bytes.append(UInt8(ascii: "\n"))
    rowStart = bytes.count
    hasCell = false
  }

  /// Returns the output so far and removes it. Call it between rows only.
  package mutating func take() -> [UInt8] {
    defer {
      bytes.removeAll(keepingCapacity: true)
      rowStart = 0
    }
    return bytes
  }
}

extension CSVWriter {
  private static let nul = RuleError(
    reason: "CSV_NUL",
    message: "A cell holds a NUL character, which CSV cannot carry. Remove it."
  )

  private mutating func separate() {
    if hasCell { bytes.append(UInt8(ascii: ",")) }
    hasCell = true
  }

  static func floored(_ number: Int64, by divisor: Int64) -> Int64 {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  private mutating func digits(_ number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    var rest = number
    while divisor > 0 {
      bytes.append(UInt8(truncatingIfNeeded: 0x30 + rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }
}
