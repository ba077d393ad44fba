import ArgumentParser
import Foundation
import PatronProto
import ProtobufC
import TTRPC

struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy the database to a file, also while the server runs.",
    discussion: """
      The copy is one file, and FILE.sha256 beside it has its sum, which `sha256sum -c` checks. \
      Every write that was acknowledged before the command began is in it. The server copies in \
      slices between its commits, and other writes go on. FILE appears when it is complete, \
      verified and on disk; until then it is FILE.partial. Without a server the command copies the \
      database itself.

      The file holds everything, and nothing in it is encrypted: its mode is 0600. `patrond \
      restore` makes a data directory of it. `patrond serve --backup-dir` makes backups regularly.

      EXAMPLES
        patrond backup --to /var/backups/patron.db
        patrond backup --to patron.db --output json
      """
  )

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "The file to write. It must not exist; its directory must.",
      valueName: "file"
    )
  )
  var to: String

  @OptionGroup var output: OutputOptions

  /// The time after which the command gives up. A terabyte takes less.
  private static let limit = Duration.seconds(86_400)

  func validate() throws {
    guard !to.isEmpty, !to.hasSuffix("/") else {
      throw ValidationError("--to is `\(to.prefix(256))`; expected is the path of a file.")
    }
  }

  func run() async throws {
    try data.requireDatabase(for: "back up")
    let request = CreateBackupRequest.with { $0.path = Self.absolute(to) }
    try await OperatorSession(data: data).connect { channel in
      var options = CallOptions()
      // A repeat would find the file of the first attempt.
      options.retries = false
      options.timeout = Self.limit
      var backup: BackupStatus?
      var progress = BackupProgressLine()
      let answers = try await OperationsServiceClient(channel: channel)
        .createBackup(request, options: options)
      for try await answer in answers {
        backup = answer.backup ?? backup
        progress.show(answer)
      }
      progress.end()
      guard let backup else { throw Failure(description: "the server named no backup") }
      try output.print(backup) { Self.text(backup) }
    }
  }

  /// Returns a path from the root: the server has another working directory.
  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  private static func text(_ backup: BackupStatus) -> String {
    "ok: \(backup.path), \(CountText.of(Int(backup.sizeBytes), "byte")), schema "
      + "\(backup.schemaVersion), last audit entry \(backup.lastAuditSequence), SHA-256 "
      + "\(backup.sha256)\n"
  }
}

/// The progress of a backup, as a line on a terminal that is written anew.
private struct BackupProgressLine {
  private let isShown = isatty(STDERR_FILENO) == 1
  private var hasText = false

  private static let pagesPerMebibyte: Int64 = 256

  mutating func show(_ answer: CreateBackupResponse) {
    guard isShown, answer.totalPages > 0 else { return }
    let percent = answer.copiedPages * 100 / answer.totalPages
    let mebibytes = answer.copiedPages / Self.pagesPerMebibyte
    write("\r\(percent) %, \(mebibytes) MiB\u{1b}[K")
    hasText = true
  }

  /// Clears the line.
  mutating func end() {
    if hasText { write("\r\u{1b}[K") }
    hasText = false
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
