import Foundation

/// Tables under Tests/Field: what was met outside, one case a line.
enum FieldTable {
  private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Field")

  /// The cells of each line, without comments and header.
  static func rows(_ name: String) -> [[String]] {
    let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return (text ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }.dropFirst().map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// A cell with its line breaks and the characters that nobody sees.
  static func unescaped(_ cell: String) -> String {
    var text = cell.replacing("\\n", with: "\n")
    while let start = text.range(of: "\\u{"),
      let end = text.range(of: "}", range: start.upperBound..<text.endIndex)
    {
      let scalar = UInt32(text[start.upperBound..<end.lowerBound], radix: 16)
        .flatMap(Unicode.Scalar.init)
      text.replaceSubrange(
        start.lowerBound..<end.upperBound, with: scalar.map { String($0) } ?? "?")
    }
    return text
  }
}
