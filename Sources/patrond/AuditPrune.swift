import ArgumentParser
import PatronCore
import PatronModel
import PatronStore

struct AuditPrune: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove the oldest entries of the audit log.",
    discussion: """
      Nothing else removes entries. The hash of the last one that is removed stays, so that the \
      rest can be verified, and a new entry says which were removed. Export them first: \
      `patron audit export`. The server must not be running.

      EXAMPLES
        patrond audit prune --before 2024-01-01
      """
  )

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "Remove the entries before this time, ISO 8601, UTC without a zone.",
      valueName: "time"
    )
  )
  var before: String

  @Flag(help: "Do not ask.")
  var yes = false

  func validate() throws { _ = try time() }

  /// Returns the time in microseconds since 1970 UTC.
  private func time() throws -> Int64 {
    do throws(RuleError) {
      return try ISO8601Time(before).timestamp.microseconds
    } catch {
      throw ValidationError(
        "--before \(before.prefix(64)): expected is a date such as 2024-01-31 or a time such as "
          + "2024-01-31T18:00Z"
      )
    }
  }

  func run() throws {
    try data.requireDatabase(for: "prune")
    try Confirmation.require(
      "The entries of the audit log before \(before) are removed for good.",
      answer: "prune",
      given: yes
    )
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    // The search index is not needed.
    options.mendsSearch = false
    let store = try Store.opened(options)
    defer { store.close() }
    let removed = try AuditPruning.run(store, before: try time()) { done in
      if done % 100_000 == 0 { report("removed \(CountText.of(done, "row"))") }
    }
    print("ok: \(CountText.of(removed, "row")) removed")
  }
}
