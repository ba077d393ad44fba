/// Swift source with comments and the contents of strings blanked out, so that they do not mislead
/// rules about code. Line breaks keep their places. The contents of the strings are kept
/// separately.
struct SwiftText {
  /// The code, byte for byte as long as the source.
  private(set) var code: [UInt8]
  /// The string literals with the lines on which they begin, from 0.
  private(set) var strings: [(line: Int, text: String)] = []

  private let source: [UInt8]
  private var at = 0
  private var line = 0

  init(_ text: String) {
    source = Array(text.utf8)
    code = source
    scan(until: nil)
  }

  /// The code, line by line.
  var lines: [String] {
    code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// Scans code. In an interpolation it stops after the parenthesis that closes it.
  private mutating func scan(until closing: UInt8?) {
    var depth = 0
    while at < source.count {
      let byte = source[at]
      if starts(with: "//") {
        while at < source.count, source[at] != UInt8(ascii: "\n") { blank() }
      } else if starts(with: "/*") {
        blockComment()
      } else if byte == UInt8(ascii: "\"") || (byte == UInt8(ascii: "#") && opensRawString()) {
        string()
      } else {
        if closing != nil, byte == UInt8(ascii: "(") { depth += 1 }
        if byte == closing, depth == 0 {
          advance()
          return
        }
        if byte == closing { depth -= 1 }
        advance()
      }
    }
  }

  private mutating func blockComment() {
    var depth = 0
    repeat {
      if starts(with: "/*") {
        depth += 1
        blank(2)
      } else if starts(with: "*/") {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && at < source.count
  }

  private mutating func string() {
    let begun = line
    var pounds = 0
    while source[at] == UInt8(ascii: "#") {
      pounds += 1
      blank()
    }
    let quotes = starts(with: "\"\"\"") ? 3 : 1
    blank(quotes)
    let closing = String(repeating: "\"", count: quotes) + String(repeating: "#", count: pounds)
    let escape = "\\" + String(repeating: "#", count: pounds)
    var text: [UInt8] = []
    while at < source.count, !starts(with: closing) {
      if starts(with: escape + "(") {
        text += Array(escape.utf8)
        blank(escape.utf8.count + 1)
        scan(until: UInt8(ascii: ")"))
      } else if starts(with: escape) {
        text += source[at..<min(at + escape.utf8.count + 1, source.count)]
        blank(escape.utf8.count + 1)
      } else {
        text.append(source[at])
        blank()
      }
    }
    blank(closing.utf8.count)
    strings.append((begun, String(decoding: text, as: UTF8.self)))
  }

  private func opensRawString() -> Bool {
    var next = at
    while next < source.count, source[next] == UInt8(ascii: "#") { next += 1 }
    return next < source.count && source[next] == UInt8(ascii: "\"")
  }

  private func starts(with text: String) -> Bool {
    source[at...].starts(with: text.utf8)
  }

  private mutating func advance() {
    if source[at] == UInt8(ascii: "\n") { line += 1 }
    at += 1
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where at < source.count {
      if source[at] != UInt8(ascii: "\n") { code[at] = UInt8(ascii: " ") }
      advance()
    }
  }
}
