import ArgumentParser
import PatronClient

struct AuditList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List entries of the audit log, newest first.",
    discussion: """
      EXAMPLES
        patron audit list
        patron audit list --action erasure --action merge --since 2024-01-01
        patron audit list --all-stores --action authentication.fail --output ndjson

      JSON has hashes in base64; `patrond audit verify --expect` takes them in this form too.
      """
  )

  @OptionGroup(title: "Entries") var which: AuditFlags

  @Flag(help: "The oldest entries first.")
  var oldestFirst = false

  @OptionGroup var pages: PageFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, zone: which.times.timezone) { session in
      var request = try await which.request(session)
      request.oldestFirst = oldestFirst
      var collected = ListAuditResponse()
      let admin = AdminServiceClient(channel: session.client.channel)
      try await pages.forEachPage(of: 1000) { token, size in
        request.pageToken = token
        request.pageSize = size
        let page = try await session.timed(AdminService.listAudit.method) {
          try await admin.listAudit(request, options: session.call)
        }
        collected.entries += try session.printEach(page.entries) { _ in "" }
        collected.nextPageToken = page.nextPageToken
        return (page.entries.count, page.nextPageToken)
      }
      try session.printList(
        collected,
        empty: collected.entries.isEmpty ? which.empty(session) : nil,
        next: collected.nextPageToken
      ) {
        AuditText.table(
          collected.entries,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}
