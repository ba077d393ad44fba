/// Why a JSON text is no message, or a message has no JSON form: where, what, and what was
/// expected.
///
/// Made for people: ``description`` is one line that can be shown as it is. It may quote up to 32
/// characters of the text that was read.
public struct JSONError: Error, Sendable, Equatable {
  /// The line in the text, from 1; 0 when a message was being written.
  public var line: Int
  /// The column in that line, from 1, in characters as Unicode code points; 0 when a message was
  /// being written.
  public var column: Int
  /// The field, as a path of the names in the text: `customers[3].email`. Empty when the message as
  /// a whole is meant.
  public var path: String
  /// What is wrong and what was expected, without the place.
  public var message: String

  /// An error at a place.
  public init(line: Int = 0, column: Int = 0, path: String = "", message: String) {
    self.line = line
    self.column = column
    self.path = path
    self.message = message
  }

  /// The same error seen from the message that holds this one as `field`.
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
  /// `line 3, column 14: customer: unknown field ...`.
  public var description: String {
    var text = line > 0 ? "line \(line), column \(column): " : ""
    if !path.isEmpty { text += "\(path): " }
    return text + message
  }
}

/// Finds what a person may have meant.
enum JSONSuggestion {
  /// ``; did you mean `email`?`` for the nearest of `candidates`, or nothing when none is near.
  static func text(for word: String, among candidates: some Sequence<String>) -> String {
    nearest(to: word, among: candidates).map { "; did you mean `\($0)`?" } ?? ""
  }

  /// The candidate with the fewest single-character edits, when there are at most two of them, and
  /// no more than a third of the word.
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

  /// Insertions, deletions, replacements, and swaps of neighbours.
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
