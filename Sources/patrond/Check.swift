import ArgumentParser
import PatronCore
import PatronStore

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the data directory: SQLite's integrity check and Patron's invariants.",
    discussion: """
      Decodes every record and compares it with its indexed columns and with the lists and \
      counters of the filters. Compares every customer's order statistics with the orders, and \
      verifies the chain of the audit log. Checks the search index with SQLite, reads its \
      structure, and compares it with the records; its size goes to standard error. The server \
      must not be running. Each finding is one line that names ids, but no personal data. Exit \
      status: 0 without findings, 1 otherwise. Lines that begin with `warning:` are not \
      findings: they name phone numbers of an older version that need a manual decision.
      """
  )

  @OptionGroup var data: DataOptions

  func run() throws {
    try data.requireDatabase(for: "check")
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    // Damage is reported, not repaired.
    options.mendsSearch = false
    let store = try Store.opened(options)
    defer { store.close() }
    let findings = try store.check([RecordChecks.run, AuditVerification.findings])
    for finding in findings { print(finding) }
    if let shape = try? store.searchShape() { report("search index: \(shape)") }
    guard findings.isEmpty else {
      throw Failure(description: CountText.of(findings.count, "finding"))
    }
    // Warnings are not damage; they need a manual decision.
    for warning in try store.warnings(PhoneWarnings.run) { print("warning: \(warning)") }
    let found = try store.counts()
    let parts = [
      CountText.of(found.customers, "customer"), CountText.of(found.orders, "order"),
      CountText.of(found.events, "event"),
    ]
    print("ok: \(parts.joined(separator: ", "))")
  }
}

/// Counts with their nouns.
enum CountText {
  /// Returns `1 event` or `58,966 customers`.
  static func of(_ count: Int, _ noun: String) -> String {
    var digits = Array(String(count))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return String(digits) + " " + noun + (count == 1 ? "" : "s")
  }
}
