import struct PatronModel.CSVWriter

/// CSV rows of lists, after RFC 4180. Cells that spreadsheets would evaluate as formulas are
/// marked.
enum CSVText {
  static func line(_ cells: [String]) -> String {
    var csv = CSVWriter(safety: .smart)
    // Only NUL is refused, and no text from a server contains it.
    for cell in cells { try? csv.cell(cell) }
    csv.endRow()
    return String(decoding: csv.take(), as: UTF8.self)
  }
}
