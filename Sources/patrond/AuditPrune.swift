import ArgumentParser
import PatronCore
import PatronModel
import PatronProto
import PatronStore
import ProtobufC

struct AuditPrune: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove the oldest entries of the audit log.",
    discussion: """
      Nothing else removes entries. They go in slices, between which a running server takes other \
      writes. The hash of the last one of a slice stays, so that the rest can be verified, and a \
      new entry says which were removed. Export them first: `patron audit export`.

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

  func run() async throws {
    try data.requireDatabase(for: "prune")
    try Confirmation.require(
      "The entries of the audit log before \(before) are removed for good.",
      answer: "prune",
      given: yes
    )
    // A time in the future would count the entries about the slices too.
    let end = min(try time(), WallClock.system.now())
    try await OperatorSession(data: data).run { admin in
      let request = PruneAuditRequest.with { $0.recordedBefore = .init(micros: end) }
      var (removed, told) = (0, 0)
      var hasMore = true
      while hasMore {
        let slice = try await admin.pruneAudit(request)
        removed += Int(slice.prunedCount)
        hasMore = slice.hasMore
        if removed - told >= 100_000 {
          told = removed
          report("removed \(CountText.of(removed, "row"))")
        }
      }
      try StandardOutput.write("ok: \(CountText.of(removed, "row")) removed\n")
    }
  }
}
