import PatronClient
import PatronModel

/// A map from the columns of a file to those of an import: `First Name=first_name`. A column
/// without a name behind the `=` is left out.
struct ColumnMap: Sendable {
  private var names: [String: String] = [:]
  /// Names of columns as they were given, and where, to tell of those that the file has not.
  private var given: [(name: String, key: String, place: String)] = []

  var isEmpty: Bool { names.isEmpty }

  /// Columns that names of the file are mapped to; empty for those to be left out.
  var targets: some Collection<String> { names.values }

  /// Reads what was typed, and the lines of a file: one column each; those that
  /// begin with `#` are comments.
  init(_ given: [String], file: String?) throws(LocalError) {
    for text in given { try add(text, "--map \(text)") }
    guard let file else { return }
    var reader = LineReader(try InputFile(path: file))
    while let line = try reader.next() {
      let text = String(decoding: line, as: UTF8.self).trimmingSpace()
      if text.isEmpty || text.hasPrefix("#") { continue }
      try add(text, "\(file), line \(reader.lineNumber)")
    }
  }

  private mutating func add(_ text: String, _ place: String) throws(LocalError) {
    guard let equals = text.lastIndex(of: "=") else {
      throw .usage("\(place): expected NAME=COLUMN, as in 'First Name=first_name'")
    }
    let name = text[..<equals].trimmingSpace()
    let column = text[text.index(after: equals)...].trimmingSpace().lowercased()
    guard !name.isEmpty else {
      throw .usage("\(place): expected the name of a column before the =")
    }
    let key = name.lowercased()
    guard names[key] == nil else {
      throw .usage("\(place): the column was mapped before; expected each once")
    }
    names[key] = column
    given.append((name, key, place))
  }

  /// The column that a name of the file is mapped to: empty for a column to be left out, nil for
  /// one that is not mapped.
  subscript(_ name: String) -> String? { names[name] }

  /// Refuses columns that the file does not have.
  func check(against names: [String]) throws(LocalError) {
    let missing = given.filter { !names.contains($0.key) }
    guard !missing.isEmpty else { return }
    let list = missing.map { column in
      "\"\(SafeText.line(String(column.name.prefix(64))))\" (\(SafeText.line(column.place)))"
    }
    throw LocalError(
      "the header has no column \(list.joined(separator: ", ")); expected the names that --map has "
        + "before the ="
    )
  }
}
