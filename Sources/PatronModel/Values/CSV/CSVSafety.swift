internal import ProtoWire

/// The protection of cells against spreadsheets that evaluate text as formulas.
///
/// A cell that would be evaluated gets a leading `'`. So does a cell that begins with `'` and looks
/// as if it had been protected, so that the escape can be undone exactly for every text. A `'`
/// before digits or an e-mail address counts as such, because spreadsheets use it to keep text
/// unchanged.
package enum CSVSafety: Sendable, Hashable, CaseIterable {
  /// Protects cells that begin like a formula, except phone numbers and plain numbers: `+` or `-`
  /// before digits and points alone is not a formula.
  case smart
  /// Protects all cells that begin like a formula.
  case strict
  /// Protects no cells: they are written unchanged.
  case off

  /// Returns true if `cell` gets a leading `'`.
  package func escapes(_ cell: RawSpan) -> Bool {
    guard self != .off, !cell.isEmpty else { return false }
    if Self.isTrigger(cell[0]) { return self == .strict || !Self.isNumber(cell) }
    return cell[0] == Self.quote && Self.escapeCount([UInt8](copying: cell)) > 0
  }

  /// Returns the number of bytes before the text of a cell that was written with `smart` or
  /// `strict`, or by a spreadsheet that keeps digits and addresses unchanged: 1 for an added `'`,
  /// else 0.
  package static func escapeCount(_ cell: some Collection<UInt8>) -> Int {
    guard cell.first == quote else { return 0 }
    let rest = cell.dropFirst()
    guard let second = rest.first else { return 0 }
    let isMarked = isTrigger(second) || second == quote || isDigits(rest) || isAddress(rest)
    return isMarked ? 1 : 0
  }

  /// Returns the text of a cell without the marks of an export or a spreadsheet: a leading `'`, or
  /// `="` and `"` around digits, which preserve leading zeros.
  package static func unmarked(_ cell: [UInt8]) -> ArraySlice<UInt8> {
    let escape = escapeCount(cell)
    guard escape == 0, cell.count > 3, cell[0] == UInt8(ascii: "="), cell[1] == doubleQuote,
      cell.last == doubleQuote
    else { return cell.dropFirst(escape) }
    let inner = cell[2..<(cell.count - 1)]
    let digits = inner.first == UInt8(ascii: "+") ? inner.dropFirst() : inner
    return isDigits(digits) ? inner : cell[...]
  }

  private static let quote = UInt8(ascii: "'")
  private static let doubleQuote = UInt8(ascii: "\"")

  /// Returns true for digits with usual formatting, perhaps after an opening bracket.
  private static func isDigits(_ text: some Collection<UInt8>) -> Bool {
    let digits = text.first == UInt8(ascii: "(") ? text.dropFirst() : text.dropFirst(0)
    guard let first = digits.first, (0x30...0x39).contains(first) else { return false }
    return digits.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "/"), UInt8(ascii: "("), UInt8(ascii: ")"):
        true
      default: false
      }
    }
  }

  /// Returns true for a single word with an `@` inside that is not quoted itself.
  private static func isAddress(_ text: some Collection<UInt8>) -> Bool {
    var hasAt = false
    var last: UInt8 = 0
    for byte in text {
      switch byte {
      case 0...0x20, doubleQuote, UInt8(ascii: ","), UInt8(ascii: ";"): return false
      case UInt8(ascii: "@"): hasAt = true
      default: break
      }
      last = byte
    }
    return hasAt && last != UInt8(ascii: "@") && last != quote
  }

  private static func isTrigger(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"),
      UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
      true
    default: false
    }
  }

  /// Returns true if a cell is a sign followed only by digits and points.
  private static func isNumber(_ cell: RawSpan) -> Bool {
    guard cell.byteCount > 1, cell[0] == UInt8(ascii: "+") || cell[0] == UInt8(ascii: "-") else {
      return false
    }
    for offset in 1..<cell.byteCount {
      let byte = cell[offset]
      guard (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".") else { return false }
    }
    return true
  }
}
