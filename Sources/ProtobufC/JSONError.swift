/// The reason why a JSON text is not a message, or a message has no JSON form: the place, the
/// problem and the expectation.
///
/// Made for people: ``description`` is one line that can be shown as it is. It may quote up to 32
/// characters of the text that was read.
public struct JSONError: Error, Sendable, Equatable {
  /// The line in the text, from 1; 0 for an error of writing.
  public var line: Int
  /// The column in that line, from 1, in Unicode code points; 0 for an error of writing.
  public var column: Int
  /// The field, as a path of the names in the text: `customers[3].email`. Empty for the message as
  /// a whole.
  public var path: String
  /// The problem and the expectation, without the place.
  public var message: String

  /// Creates an error; the defaults are those of writing.
  public init(line: Int = 0, column: Int = 0, path: String = "", message: String) {
    self.line = line
    self.column = column
    self.path = path
    self.message = message
  }

  /// Returns the error with `field` before its path: the field of the outer message that holds this
  /// one.
  func inside(_ field: String) -> JSONError {
    var error = self
    if path.isEmpty {
      error.path = field
    } else {
      error.path = path.first == "[" ? field + path : "\(field).\(path)"
    }
    return error
  }
}

extension JSONError: CustomStringConvertible {
  /// The place and the problem: `line 3, column 14: customer: unknown field ...`.
  public var description: String {
    var text = line > 0 ? "line \(line), column \(column): " : ""
    if !path.isEmpty { text += "\(path): " }
    return text + message
  }
}

/// Suggestions for misspelled names.
enum JSONSuggestion {
  /// Returns ``; did you mean `email`?`` for the nearest of `candidates`, or an empty text if none
  /// is near.
  static func text(for word: String, among candidates: some Sequence<String>) -> String {
    nearest(to: word, among: candidates).map { "; did you mean `\($0)`?" } ?? ""
  }

  /// Returns the candidate with the fewest single-character edits: at most two, and at most a third
  /// of the word. Nil if there is none.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(word.lowercased().unicodeScalars.prefix(64))
    let limit = min(2, max(1, wanted.count / 3))
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(wanted, Array(candidate.lowercased().unicodeScalars.prefix(64)))
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// Returns the number of insertions, deletions, replacements and swaps of neighbours.
  private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var older = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 1...a.count {
      var current = [Int](repeating: i, count: b.count + 1)
      for j in 1...b.count {
        let replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        current[j] = min(replace, previous[j] + 1, current[j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          current[j] = min(current[j], older[j - 2] + 1)
        }
      }
      (older, previous) = (previous, current)
    }
    return previous[b.count]
  }
}
