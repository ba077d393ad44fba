import Foundation

/// Files under Tests/Field: what was met outside, and what other programs write.
public enum FieldFiles {
  private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Field")

  /// The path of a file.
  public static func path(_ name: String) -> String {
    folder.appendingPathComponent(name).path
  }

  /// The cells of each line of a table, without comments, the header included where there is one.
  public static func lines(_ name: String) -> [[String]] {
    let text = try? String(contentsOfFile: path(name), encoding: .utf8)
    return (text ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// The cells of each line of a table, without comments and header: one case a line.
  public static func rows(_ name: String) -> [[String]] { Array(lines(name).dropFirst()) }

  /// A cell with its line breaks and the characters that nobody sees.
  public static func unescaped(_ cell: String) -> String {
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
