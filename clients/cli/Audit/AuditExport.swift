import ArgumentParser
import PatronClient

import struct PatronModel.AuditTarget

struct AuditExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the audit log as JSON lines, oldest entry first.",
    discussion: """
      Every line is an entry of the contract (patron describe AuditEntry). The file appears under \
      its name once it is complete, in place of one that has the name, and is readable only by its \
      owner. With --after it has what came behind an entry that you have already. The last line \
      has the hash of the whole log up to there, in base64; with a file, standard error has it in \
      hexadecimal digits too. Keep a copy on another machine, and `patrond audit verify --expect \
      HASH` tells if an entry was removed since; it takes both forms.

      EXAMPLES
        patron audit export -o audit.ndjson
        patron audit export --all-stores --after 1200 -o audit-1201.ndjson
      """
  )

  @OptionGroup(title: "Entries") var which: AuditFlags

  @Option(
    help: ArgumentHelp("Only entries behind the one with this sequence.", valueName: "sequence")
  )
  var after: Int64 = 0

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard after >= 0 else {
      throw ValidationError("--after is \(after); expected 0 or more.")
    }
    if let text = global.output?.text, OutputFormat(rawValue: text) != nil {
      throw ValidationError(
        "--output names the file of an export, and \(text) is a format. Entries are always JSON "
          + "lines; for a file of that name write --output ./\(text)."
      )
    }
  }

  func run() async throws {
    let file = global.output?.text
    try await Session.run(global.forFile, zone: which.times.timezone) { session in
      var output = try FileOutput(file, session.environment)
      var request = try await which.request(session)
      request.oldestFirst = true
      request.afterSequence = after
      request.pageSize = 1000
      let admin = AdminServiceClient(channel: session.client.channel)
      var count = 0
      var last: AuditEntry?
      repeat {
        let page = try await session.timed(AdminService.listAudit.method) {
          try await admin.listAudit(request, options: session.call)
        }
        for entry in page.entries {
          try output.write(Array((try session.json(entry, pretty: false) + "\n").utf8))
        }
        count += page.entries.count
        last = page.entries.last ?? last
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      try output.finish()
      if let file, !output.isStandardOutput {
        let noun = count == 1 ? "entry" : "entries"
        session.remark("\(ValueText.count(count)) \(noun) in \(file)")
        if let last {
          let hash = AuditTarget.hex(last.hash)
          session.remark("the last is \(last.sequence), with the hash \(hash)")
        }
      }
      if count == 0 { session.remark(which.empty(session)) }
    }
  }
}
