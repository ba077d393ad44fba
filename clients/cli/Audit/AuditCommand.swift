import ArgumentParser
import PatronClient

import enum PatronModel.AuditAction

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract:
      "Read the audit log: who changed rights, settings and consent, who erased and exported.",
    discussion: """
      A key with the scope admin reads the entries of its store; one of every store reads all of \
      them. `patrond audit verify` on the server checks that none was changed or removed.
      """,
    subcommands: [AuditList.self, AuditExport.self]
  )
}

/// The flags that select entries of the audit log.
struct AuditFlags: ParsableArguments {
  @Flag(help: "Entries of all stores, and those of none; needs a key of every store.")
  var allStores = false

  @Option(
    help: ArgumentHelp(
      "Only this action, as merge.perform, or all of a group, as merge. Repeatable.",
      valueName: "action"
    ),
    completion: .list(AuditAction.names),
    transform: { try AuditActionArgument($0) }
  )
  var action: [AuditActionArgument] = []

  @Option(help: ArgumentHelp("Only actions with this key.", valueName: "key-id"))
  var keyId: String?

  @Option(
    name: [.long, .customLong("from")],
    help: TimeArgument.help("Only entries at or after this time"),
    transform: { try TimeArgument($0) }
  )
  var since: TimeArgument?

  @Option(
    name: [.long, .customLong("before")],
    help: TimeArgument.help("Only entries before the beginning of this time"),
    transform: { try TimeArgument($0) }
  )
  var until: TimeArgument?

  @OptionGroup var times: TimeFlags

  /// The remark on an answer without entries.
  func empty(_ session: Session) -> String {
    if allStores { return "no entries" }
    let store = session.storeID.isEmpty ? "the store of the key" : "the store \(session.storeID)"
    return "no entries of \(store)\nhint: a key of every store sees those of all stores with "
      + "--all-stores"
  }

  /// Returns the request for the first page. Fetches the zone of the store if a time needs it.
  func request(_ session: Session) async throws -> ListAuditRequest {
    try await session.reading { times in
      var request = ListAuditRequest()
      request.storeID = session.storeID
      request.everyStore = allStores
      request.actions = action.flatMap(\.actions)
      request.keyID = keyId ?? ""
      request.recordedFrom = try times.timestamp(since)
      request.recordedBefore = try times.timestamp(until)
      return request
    }
  }
}
