import ArgumentParser
import PatronCore
import PatronStore

/// Checks a data directory that no server uses.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the data directory: SQLite's own check, and Patron's invariants.",
    discussion: """
      Every record is decoded and compared with the columns it is found by and with the lists \
      and counters of the filters, and every customer's order statistics with the orders. The \
      search index is opened, its structure read, checked by SQLite and compared with the \
      records; how large it is goes to standard error. The \
      server must not be running. Each finding is one line and names ids, no personal data. Exit \
      status: 0 when there are no findings, 1 otherwise. Lines that begin with `warning:` are no \
      findings: phone numbers of an older version that a person has to decide on.
      """
  )

  @OptionGroup var data: DataOptions

  func run() throws {
    try data.requireDatabase(for: "check")
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    // What is wrong is told, not mended.
    options.mendsSearch = false
    let store = try Store.opened(options)
    defer { store.close() }
    let findings = try store.check([RecordChecks.run])
    for finding in findings { print(finding) }
    if let shape = try? store.searchShape() { report("search index: \(shape)") }
    guard findings.isEmpty else {
      throw Failure(description: CountText.of(findings.count, "finding"))
    }
    // What damages nothing, and a person has to decide.
    for warning in try store.warnings(PhoneWarnings.run) { print("warning: \(warning)") }
    let found = try store.counts()
    let parts = [
      CountText.of(found.customers, "customer"), CountText.of(found.orders, "order"),
      CountText.of(found.events, "event"),
    ]
    print("ok: \(parts.joined(separator: ", "))")
  }
}

/// Numbers of things in words.
enum CountText {
  /// `1 event`, `58,966 customers`.
  static func of(_ count: Int, _ noun: String) -> String {
    var digits = Array(String(count))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return String(digits) + " " + noun + (count == 1 ? "" : "s")
  }
}
