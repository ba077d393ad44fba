import ArgumentParser
import PatronService
import PatronStore

/// Checks a data directory that no server uses.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the data directory: SQLite's own check, and Patron's invariants.",
    discussion: """
      Every record is decoded and compared with the columns it is found by and with the lists and
      counters of the filters, and every customer's order statistics with the orders. The server
      must not be running. Each finding is one line and names ids, no personal data. Exit status:
      0 when there are no findings, 1 otherwise.
      """
  )

  @OptionGroup var data: DataOptions

  func run() throws {
    let store = try Store.opened(StoreOptions(directory: data.data, migrations: Migration.all))
    defer { store.close() }
    let findings = try store.check([RecordChecks.run])
    for finding in findings { print(finding) }
    guard findings.isEmpty else {
      throw Failure(description: "\(findings.count) findings")
    }
    print("ok")
  }
}
