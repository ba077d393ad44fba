/// RFC 4180, with cells made safe against spreadsheets that take text for formulas.
enum CSVText {
  static func line(_ cells: [String]) -> String {
    cells.map(cell).joined(separator: ",") + "\r\n"
  }

  private static func cell(_ text: String) -> String {
    let text = isFormula(text) ? "'" + text : text
    let needsQuotes = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }

  /// Begins as a formula does, and is neither a phone number nor a plain number.
  private static func isFormula(_ text: String) -> Bool {
    guard let first = text.utf8.first, "=+-@\t\r".utf8.contains(first) else { return false }
    let isNumber =
      (first == UInt8(ascii: "+") || first == UInt8(ascii: "-")) && text.utf8.count > 1
      && text.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
    return !isNumber
  }
}
