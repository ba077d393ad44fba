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

      The log keeps no gaps, so the removal ends before the first entry that is not older. Entries \
      behind that one may be older, because an entry has the time of its call: those of calls that \
      waited, and of a clock that was set back. The command says how many it finds near the begin \
      of the log. A removal up to a later time takes them.

      On a terminal the command asks for confirmation; elsewhere it requires --yes.

      EXAMPLES
        patrond audit prune --before 2024-01-01
        patrond audit prune --before 2024-01-01 --yes
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

  func validate() throws {
    _ = try time()
    try Confirmation.check("patrond audit prune --before \(before)", given: yes)
  }

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
      let left = try await Self.countLeft(before: end, admin)
      var text = "ok: \(CountText.of(removed, "row")) removed"
      if left > 0 {
        text += "; \(CountText.of(left, "older row")) left behind a row that is not older"
      }
      try StandardOutput.write(text + "\n")
    }
  }

  /// Pages that are looked at for rows that a removal left; a page is at most 10,000 rows long.
  private static let maxPages = 10

  /// Returns the number of rows before a time, in microseconds since 1970, among those near the
  /// begin of the log.
  private static func countLeft(
    before time: Int64,
    _ admin: AdminServiceClient
  ) async throws -> Int {
    var request = ListAuditRequest.with {
      $0.everyStore = true
      $0.oldestFirst = true
      $0.recordedBefore = .init(micros: time)
      $0.pageSize = 1000
    }
    var count = 0
    for _ in 0..<maxPages {
      let page = try await admin.listAudit(request)
      count += page.entries.count
      request.pageToken = page.nextPageToken
      if request.pageToken.isEmpty { break }
    }
    return count
  }
}
