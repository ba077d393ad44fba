import PatronClient

/// A table that fits a width in terminal columns. Wide cells are cut if there is not enough room.
struct TextTable {
  struct Column {
    var title: String
    /// True if cells are aligned to the right, as numbers are.
    var right = false
    /// Minimum width to which the column may be cut, in terminal columns; nil if it is never cut.
    var least: Int?
  }

  let columns: [Column]
  private var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }

  mutating func add(_ row: [String]) { rows.append(row.map { SafeText.line($0) }) }

  /// Spaces between two cells.
  private static let gap = 2

  func text(width: Int, style: Style) -> String {
    let widths = widths(within: width)
    var lines = [style.bold(line(columns.map(\.title), widths))]
    lines += rows.map { line($0, widths) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var parts = [String]()
    // Columns without content are left out.
    for (index, cell) in cells.enumerated() where widths[index] > 0 {
      parts.append(TextWidth.fit(cell, to: widths[index], right: columns[index].right))
    }
    var text = parts.joined(separator: String(repeating: " ", count: Self.gap))
    while text.last == " " { text.removeLast() }
    return text
  }

  private func widths(within width: Int) -> [Int] {
    var widths = columns.indices.map { index in
      let longest = rows.map { TextWidth.columns($0[index]) }.max() ?? 0
      if longest == 0 && !rows.isEmpty { return 0 }
      return max(longest, TextWidth.columns(columns[index].title))
    }
    var excess = widths.reduce(0, +) + Self.gap * (widths.count { $0 > 0 } - 1) - width
    // Shortens the widest column that may be cut, by one terminal column at a time.
    while excess > 0 {
      let candidates = columns.indices.filter { index in
        columns[index].least.map { widths[index] > $0 } ?? false
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }
}
