import Foundation

/// Files under Tests/Field: inputs from the field, and files as other programs write them.
package enum FieldFiles {
  /// Returns the path of a file.
  package static func path(_ name: String) -> String { RepositoryRoot.file("Tests/Field/" + name) }

  /// Returns the cells of each line of a table without comments, the header line included.
  package static func lines(_ name: String) -> [[String]] {
    let text = try? String(contentsOfFile: path(name), encoding: .utf8)
    return (text ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Returns the cells of each line of a table without comments and header: one case a line.
  package static func rows(_ name: String) -> [[String]] { Array(lines(name).dropFirst()) }

  /// Returns a cell with its escaped line breaks and invisible characters replaced by themselves.
  package static func unescaped(_ cell: String) -> String {
    var text = cell.replacing("\\n", with: "\n")
    while let start = text.range(of: "\\u{"),
      let end = text.range(of: "}", range: start.upperBound..<text.endIndex)
    {
      let scalar = UInt32(text[start.upperBound..<end.lowerBound], radix: 16)
        .flatMap(Unicode.Scalar.init)
      text.replaceSubrange(
        start.lowerBound..<end.upperBound,
        with: scalar.map { String($0) } ?? "?"
      )
    }
    return text
  }
}
