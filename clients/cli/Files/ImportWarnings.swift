import PatronClient

/// A remark for the user about one imported record.
struct ImportWarning: Sendable {
  /// Number of the record's first line, counted from 1.
  var row: Int
  var reason: String
  var field: String
  var message: String
  /// The rule that a dropped or cut value broke, and the value; both may be empty.
  var rule: String
  var given: String

  init(row: Int, _ warning: Warning) {
    self.row = row
    reason = warning.reason
    field = warning.field
    message = ImportReason.worded(warning.message)
    rule = warning.rule
    given = warning.given
  }

  /// The warning as a line for standard error.
  var text: String {
    let place = field.isEmpty ? "" : " \(SafeText.line(field)):"
    let name = rule.isEmpty ? "" : ErrorText.reason(rule) + ": "
    let value = given.isEmpty ? "" : " (\(name)\(SafeText.line(given)))"
    return "line \(row): \(ErrorText.reason(reason)):\(place) \(SafeText.line(message))\(value)"
  }

  fileprivate var json: String {
    var members = [
      ("row", "\(row)"), ("reason", JSONText.string(reason)), ("field", JSONText.string(field)),
      ("message", JSONText.string(message)),
    ]
    if !rule.isEmpty { members.append(("rule", JSONText.string(rule))) }
    if !given.isEmpty { members.append(("given", JSONText.string(given))) }
    return JSONText.object(members)
  }
}

/// The warnings of an import, counted by reason.
struct ImportWarnings {
  /// Number of lines named for each reason.
  private static let maxNamedRows = 5
  /// Number of warnings listed in the JSON output.
  private static let maxListedWarnings = 10_000

  private var counts: [String: Places] = [:]
  private var listed: [ImportWarning] = []
  private let lists: Bool

  /// Creates an empty list; `lists` keeps the warnings themselves for the JSON output.
  init(lists: Bool) { self.lists = lists }

  /// The warnings of one reason.
  private struct Places {
    var count = 0
    /// The first lines, without repetitions.
    var rows: [Int] = []
    var hasMore = false

    mutating func add(_ row: Int) {
      count += 1
      guard rows.last != row else { return }
      if rows.count < ImportWarnings.maxNamedRows { rows.append(row) } else { hasMore = true }
    }
  }

  mutating func add(_ warning: ImportWarning) {
    counts[warning.reason, default: Places()].add(warning.row)
    if lists, listed.count < Self.maxListedWarnings { listed.append(warning) }
  }

  /// One line per reason: `CONSENT_KEPT: 3 times, at lines 2, 5, 9`.
  var remarks: [String] {
    counts.sorted { $0.key < $1.key }.map { reason, entry in
      let rows = entry.rows.map(String.init).joined(separator: ", ")
      let more = entry.hasMore ? ", ..." : ""
      let word = entry.rows.count == 1 ? "line" : "lines"
      let times = ValueText.plural(entry.count, "time")
      return "\(ErrorText.reason(reason)): \(times), at \(word) \(rows)\(more)"
    }
  }

  /// Members for the JSON summary; empty if there are no warnings.
  var members: [(String, String)] {
    guard !counts.isEmpty else { return [] }
    let totals = counts.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value.count)") }
    return [
      ("warning_counts", JSONText.object(totals)),
      ("warnings", "[\(listed.map(\.json).joined(separator: ","))]"),
    ]
  }
}
