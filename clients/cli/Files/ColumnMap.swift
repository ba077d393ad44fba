import PatronClient
import PatronModel

/// A map from the columns of a file to those of an import: `First Name=first_name`. A column with
/// an empty name after the `=` is ignored.
struct ColumnMap: Sendable {
  private var names: [String: String] = [:]
  /// The names of columns as given, with their places, to report those missing from the file.
  private var given: [(name: String, key: String, place: String)] = []

  var isEmpty: Bool { names.isEmpty }

  /// The target columns; an empty string stands for an ignored column.
  var targets: some Collection<String> { names.values }

  /// Parses the texts of flags and the lines of a file, one column each. Lines that begin with `#`
  /// are comments.
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
      throw .usage("\(place): the column is mapped twice; expected one mapping")
    }
    names[key] = column
    given.append((name, key, place))
  }

  /// Returns the target of a column of the file: an empty string if it is ignored, nil if it is not
  /// mapped. Names are in lower case.
  subscript(_ name: String) -> String? { names[name] }

  /// Checks that the file has all mapped columns.
  ///
  /// - Throws: an error that names the missing columns.
  func check(against names: [String]) throws(LocalError) {
    let missing = given.filter { !names.contains($0.key) }
    guard !missing.isEmpty else { return }
    let list = missing.map { column in
      "\"\(SafeText.line(String(column.name.prefix(64))))\" (\(SafeText.line(column.place)))"
    }
    throw LocalError(
      "the header has no column \(list.joined(separator: ", ")); expected the names before the = "
        + "of each --map"
    )
  }
}
