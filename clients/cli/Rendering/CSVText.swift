import struct PatronModel.CSVWriter

/// CSV as people get it from lists: rows of RFC 4180, made safe against spreadsheets that take
/// text for formulas.
enum CSVText {
  static func line(_ cells: [String]) -> String {
    var csv = CSVWriter(safety: .smart)
    // Only a NUL is refused, which no text from a server holds.
    for cell in cells { try? csv.cell(cell) }
    csv.endRow()
    return String(decoding: csv.take(), as: UTF8.self)
  }
}
