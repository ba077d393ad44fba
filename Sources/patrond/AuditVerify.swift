import ArgumentParser
import Foundation
import PatronCore
import PatronModel
import PatronProto
import PatronStore
import ProtobufC

struct AuditVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Verify that no entry of the audit log was changed, removed or swapped.",
    discussion: """
      Computes the hash of every entry anew and names the first that does not fit. A log whose \
      last entries are gone fits itself: note the hash that the command prints on another machine, \
      and give it to a later run with --expect, which also takes the base64 of an exported line. A \
      hash from before a removal of old entries may be older than all that are kept: expect that \
      of a later one then. Exit status: 0 if all entries fit, 1 otherwise.

      EXAMPLES
        patrond audit verify
        patrond audit verify --data /var/lib/patron
      """
  )

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "The hash of an entry that must be in the log: 64 hexadecimal digits, or base64.",
      valueName: "hash"
    )
  )
  var expect: String?

  func validate() throws { _ = try expectedHash() }

  private func expectedHash() throws -> [UInt8]? {
    guard let expect else { return nil }
    guard let hash = AuditHash.bytes(of: expect) else {
      throw ValidationError(
        "--expect is no hash; expected are 64 hexadecimal digits, as this command prints them, or "
          + "the base64 of an exported line."
      )
    }
    guard hash != AuditChain.begin.hash else {
      throw ValidationError(
        "--expect is all zeros, which is the begin of every log and the hash of no entry. Expect "
          + "the hash that this command prints for the last entry."
      )
    }
    return hash
  }

  func run() async throws {
    try data.requireDatabase(for: "verify")
    let expected = try expectedHash()
    try await OperatorSession(data: data).run { admin in
      let verification = try await Self.verification(expecting: expected, admin)
      let begin = verification.begin
      if let found = verification.found, found.sequence <= begin.sequence {
        report("the expected hash is that of row \(found.sequence), which was pruned since")
      }
      try StandardOutput.write("ok: \(Self.summary(verification))\n")
    }
  }

  private static func summary(_ verification: AuditVerification) -> String {
    let (begin, end) = (verification.begin, verification.end)
    guard end.sequence > 0 else { return "the log has no rows yet" }
    let count = CountText.of(verification.count, "row")
    let removed = begin.sequence > 0 ? ", those up to \(begin.sequence) were pruned" : ""
    return "\(count)\(removed); the last is \(end.sequence), with the hash "
      + AuditTarget.hex(end.hash)
  }

  /// Verifies the whole log. A removal of old rows in between moves the begin of the log: then the
  /// verification begins again.
  private static func verification(
    expecting hash: [UInt8]?,
    _ admin: AdminServiceClient
  ) async throws -> AuditVerification {
    var begin = try await Self.begin(admin)
    while true {
      var verification = AuditVerification(behind: begin, expecting: hash)
      do {
        try await Self.check(&verification, admin)
        try verification.finish()
        return verification
      } catch let finding as AuditFinding {
        let place = try await Self.begin(admin)
        guard place != begin else { throw Failure(description: "\(finding)") }
        begin = place
      }
    }
  }

  /// Checks all rows, page by page. Reports progress on a terminal.
  private static func check(
    _ verification: inout AuditVerification,
    _ admin: AdminServiceClient
  ) async throws {
    let tells = isatty(STDERR_FILENO) == 1
    var request = ListAuditRequest.with {
      $0.everyStore = true
      $0.oldestFirst = true
      $0.pageSize = 1000
    }
    var told = 0
    repeat {
      let page = try await admin.listAudit(request)
      for entry in page.entries { try verification.check(AuditRow(entry)) }
      request.pageToken = page.nextPageToken
      if tells, verification.count - told >= 100_000 {
        told = verification.count
        report("verified \(CountText.of(told, "row"))")
      }
    } while !request.pageToken.isEmpty
  }

  /// Returns the place behind which the log begins. The newest row that reports a removal names the
  /// last row that was removed.
  private static func begin(_ admin: AdminServiceClient) async throws -> AuditPlace {
    var request = ListAuditRequest.with {
      $0.everyStore = true
      $0.actions = [AuditAction.auditPrune.rawValue]
      $0.pageSize = 1
    }
    repeat {
      let page = try await admin.listAudit(request)
      if let entry = page.entries.first {
        return AuditPruning.end(in: entry.targets) ?? AuditChain.begin
      }
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return AuditChain.begin
  }
}
