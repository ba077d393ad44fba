import ArgumentParser
import PatronModel
import PatronProto
import ProtobufC
import TTRPC

struct AuditList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List entries of the audit log, newest first.",
    discussion: """
      `patron audit export` writes the whole log as JSON lines.

      EXAMPLES
        patrond audit list
        patrond audit list --store berlin --action erasure
        patrond audit list --limit 1000 --output json
      """
  )

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "Only the entries of this store. (default: those of all stores)",
      valueName: "name"
    )
  )
  var store: String?

  @Option(
    help: ArgumentHelp(
      "Only this action, as key.create, or all of a group, as key. Repeatable.",
      valueName: "action"
    ),
    completion: .list(AuditAction.names),
    transform: { try AuditActionArgument($0) }
  )
  var action: [AuditActionArgument] = []

  @Option(help: ArgumentHelp("Maximum number of entries, 1 to 100,000.", valueName: "count"))
  var limit = 50

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...100_000).contains(limit) else {
      throw ValidationError("--limit is \(limit); expected 1 to 100000.")
    }
  }

  func run() async throws {
    try data.requireDatabase(for: "list")
    try await OperatorSession(data: data).run { admin in
      var request = ListAuditRequest.with {
        $0.storeID = store ?? ""
        $0.everyStore = store == nil
        $0.actions = action.flatMap(\.actions)
      }
      var all = ListAuditResponse()
      repeat {
        request.pageSize = Int32(min(limit - all.entries.count, 1000))
        let page = try await admin.listAudit(request)
        all.entries += page.entries
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty && all.entries.count < limit
      try output.print(all) { Self.table(all.entries) }
      if all.entries.isEmpty { report("there is no such entry") }
    }
  }

  private static func table(_ entries: [AuditEntry]) -> String {
    var table = PlainTable([
      "SEQUENCE", "TIME", "STORE", "ACTION", "RESULT", "KEY", "FOR", "PEER", "TARGETS",
    ])
    for entry in entries {
      let time = entry.recordedAt ?? .init()
      let instant = try? PatronModel.Timestamp(seconds: time.seconds, nanos: time.nanos)
      table.add([
        String(entry.sequence), instant?.rfc3339 ?? "", entry.storeID, entry.action,
        StatusCode(rawValue: entry.result).description, entry.author?.keyID ?? "",
        entry.author?.onBehalfOf ?? "", entry.peer, entry.targets.joined(separator: " "),
      ])
    }
    return table.text
  }
}
