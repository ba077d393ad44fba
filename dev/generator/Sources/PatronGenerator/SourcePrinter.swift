/// A source text, written line by line with indentation.
struct SourcePrinter {
  private(set) var text = ""
  private var level = 0

  /// Adds lines at the current indentation; empty lines stay empty.
  mutating func add(_ lines: String) {
    for line in lines.split(separator: "\n", omittingEmptySubsequences: false) {
      if !line.isEmpty { text += String(repeating: "  ", count: level) + line }
      text += "\n"
    }
  }

  /// Adds an empty line.
  mutating func blank() { text += "\n" }

  /// Adds `opening {`, an indented body and `}`.
  mutating func block(
    _ opening: String,
    _ body: (inout SourcePrinter) throws -> Void
  ) rethrows {
    add(opening + " {")
    level += 1
    try body(&self)
    level -= 1
    add("}")
  }

  /// Adds a documentation comment.
  mutating func doc(_ comment: String) {
    for line in comment.split(separator: "\n", omittingEmptySubsequences: false) {
      add(line.isEmpty ? "///" : "/// \(line)")
    }
  }
}
