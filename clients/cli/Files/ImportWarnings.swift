import PatronClient

/// A remark for the user about one record that was imported.
struct ImportWarning: Sendable {
  /// The line on which the record begins, from 1.
  var row: Int
  var reason: String
  var field: String
  var message: String
  /// The rule that a value broke that was left out or cut, and the value; may be empty.
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

  /// For standard error.
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

/// The warnings of an import: how many of each reason, and where.
struct ImportWarnings {
  /// Lines that are named of each reason.
  private static let namedRows = 5
  /// Warnings that the JSON form lists.
  private static let listedWarnings = 10_000

  private var counts: [String: Places] = [:]
  private var listed: [ImportWarning] = []
  private let lists: Bool

  /// `lists` keeps the warnings themselves.
  init(lists: Bool) { self.lists = lists }

  /// The warnings of one reason.
  private struct Places {
    var count = 0
    /// The first lines, each once.
    var rows: [Int] = []
    var hasMore = false

    mutating func add(_ row: Int) {
      count += 1
      guard rows.last != row else { return }
      if rows.count < ImportWarnings.namedRows { rows.append(row) } else { hasMore = true }
    }
  }

  mutating func add(_ warning: ImportWarning) {
    counts[warning.reason, default: Places()].add(warning.row)
    if lists, listed.count < Self.listedWarnings { listed.append(warning) }
  }

  /// A line for each reason: `CONSENT_KEPT: 3 times, at lines 2, 5, 9`.
  var remarks: [String] {
    counts.sorted { $0.key < $1.key }.map { reason, entry in
      let rows = entry.rows.map(String.init).joined(separator: ", ")
      let more = entry.hasMore ? ", ..." : ""
      let word = entry.rows.count == 1 ? "line" : "lines"
      let times = ValueText.plural(entry.count, "time")
      return "\(ErrorText.reason(reason)): \(times), at \(word) \(rows)\(more)"
    }
  }

  /// Members of the summary as JSON; none where there are no warnings.
  var members: [(String, String)] {
    guard !counts.isEmpty else { return [] }
    let totals = counts.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value.count)") }
    return [
      ("warning_counts", JSONText.object(totals)),
      ("warnings", "[\(listed.map(\.json).joined(separator: ","))]"),
    ]
  }
}
