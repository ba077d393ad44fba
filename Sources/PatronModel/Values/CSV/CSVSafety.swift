/// Which cells are made safe against spreadsheets that take text for formulas.
///
/// A cell that would be taken for one gets a leading `'`. So does a cell that begins with `'` and
/// then looks as if it had got one: that makes the escaping exact to undo, whatever the text.
public enum CSVSafety: Sendable, Hashable, CaseIterable {
  /// Every cell that begins like a formula, but for phone numbers and plain numbers: `+` or `-`
  /// before digits and points alone is no formula.
  case smart
  /// Every cell that begins like a formula.
  case strict
  /// None: cells are written as they are.
  case off

  /// Whether `cell` gets a leading `'`.
  public func escapes(_ cell: UnsafeRawBufferPointer) -> Bool {
    guard self != .off, let first = cell.first else { return false }
    if Self.isTrigger(first) { return self == .strict || !Self.isNumber(cell) }
    return Self.isEscaped(cell)
  }

  /// The number of bytes before the text of a cell that was written with `smart` or `strict`: 1
  /// for the `'` that was put there, else 0.
  public static func escapeCount(_ cell: some Collection<UInt8>) -> Int {
    guard cell.first == quote, let second = cell.dropFirst().first else { return 0 }
    return isTrigger(second) || second == quote ? 1 : 0
  }

  private static let quote = UInt8(ascii: "'")

  private static func isEscaped(_ cell: UnsafeRawBufferPointer) -> Bool {
    guard cell.count > 1, cell[0] == quote else { return false }
    return isTrigger(cell[1]) || cell[1] == quote
  }

  private static func isTrigger(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"),
      UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
      true
    default: false
    }
  }

  /// Whether a cell is a sign and then digits and points alone.
  private static func isNumber(_ cell: UnsafeRawBufferPointer) -> Bool {
    guard cell.count > 1, cell[0] == UInt8(ascii: "+") || cell[0] == UInt8(ascii: "-") else {
      return false
    }
    return cell.dropFirst().allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
  }
}
