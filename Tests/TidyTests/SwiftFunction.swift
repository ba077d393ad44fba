/// A function, initialiser or accessor block, found by its keyword and its braces.
struct SwiftFunction {
  let name: String
  /// The number of the first line, from 1.
  let firstLine: Int
  let lineCount: Int

  /// Returns all functions of a source, in order. A nested function is returned itself and counts
  /// as part of the outer one.
  static func all(in text: SwiftText) -> [SwiftFunction] {
    let lines = text.lines
    var found: [SwiftFunction] = []
    for (index, line) in lines.enumerated() {
      guard let name = declaredName(in: line) else { continue }
      guard let end = closingLine(of: lines, from: index) else { continue }
      found.append(.init(name: name, firstLine: index + 1, lineCount: end - index + 1))
    }
    return found
  }

  private static func declaredName(in line: String) -> String? {
    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    if let keyword = words.firstIndex(of: "func"), line.contains("func ") {
      return words.indices.contains(keyword + 1) ? String(words[keyword + 1]) : "operator"
    }
    let trimmed = line.drop { $0 == " " }
    let modifiers: Set<Substring> = [
      "public", "internal", "private", "fileprivate", "package", "convenience", "required",
      "override", "nonisolated",
    ]
    let first = words.first { !modifiers.contains($0) }
    guard first == "init" || first == "deinit", !trimmed.hasPrefix(".") else { return nil }
    return first.map(String.init)
  }

  /// Returns the line on which the first block after the keyword closes, or nil for a requirement
  /// without a block.
  private static func closingLine(of lines: [String], from start: Int) -> Int? {
    var braces = 0
    var parentheses = 0
    var opened = false
    for index in start..<lines.count {
      for character in lines[index].utf8 {
        switch character {
        case UInt8(ascii: "("): parentheses += 1
        case UInt8(ascii: ")"): parentheses -= 1
        case UInt8(ascii: "{") where parentheses == 0 || opened:
          opened = true
          braces += 1
        case UInt8(ascii: "}") where opened: braces -= 1
        case UInt8(ascii: "}") where parentheses == 0: return nil
        default: continue
        }
        if opened && braces == 0 { return index }
      }
      // A requirement of a protocol ends where the next declaration begins.
      if !opened, parentheses == 0, index > start, declaredName(in: lines[index]) != nil {
        return nil
      }
    }
    return nil
  }
}
