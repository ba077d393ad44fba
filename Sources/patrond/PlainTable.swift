/// A table of text with columns that are as wide as they have to be.
struct PlainTable {
  let titles: [String]
  private(set) var rows: [[String]] = []

  init(_ titles: [String]) { self.titles = titles }

  /// Adds a row. Line breaks and tabs of a cell become spaces: a description that somebody else
  /// wrote must not look like a row of the table.
  mutating func add(_ row: [String]) {
    rows.append(row.map { cell in String(cell.map { $0.isWhitespace ? " " : $0 }) })
  }

  /// The titles and the rows, each on a line.
  var text: String {
    let lines = [titles] + rows
    let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { cells in
      var line = ""
      for (cell, width) in zip(cells, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
