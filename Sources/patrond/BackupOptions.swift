import ArgumentParser
import Foundation
import PatronStore

/// The flags of the backups that the server makes by itself.
struct BackupOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Make backups in this directory, which must exist. Also PATRON_BACKUP_DIR.",
      valueName: "dir"
    )
  )
  var backupDir: String?

  @Option(
    help: ArgumentHelp(
      "Time between two backups: 90m, 24h or 7d. Also PATRON_BACKUP_EVERY. (default: 24h)",
      valueName: "time"
    )
  )
  var backupEvery: String?

  @Option(
    help: ArgumentHelp(
      "Number of backups that stay; older ones are removed. Also PATRON_BACKUP_KEEP. (default: 7)",
      valueName: "count"
    )
  )
  var backupKeep: String?

  @Option(
    help: ArgumentHelp(
      "Shell command that runs after each backup, with its path as $1 and PATRON_BACKUP_FILE. Also "
        + "PATRON_BACKUP_HOOK.",
      valueName: "command"
    )
  )
  var backupHook: String?

  /// A schedule of backups.
  struct Schedule {
    let folder: BackupFolder
    let interval: Duration
    let keep: Int
    let hook: String?
  }

  private static let mostKept = 100_000

  func validate() throws { _ = try schedule() }

  /// Returns the schedule; nil without a directory.
  ///
  /// - Throws: a usage error if a value is out of range, or if other flags lack the directory.
  func schedule() throws -> Schedule? {
    let every = backupEvery ?? Environment.value("PATRON_BACKUP_EVERY")
    let count = backupKeep ?? Environment.value("PATRON_BACKUP_KEEP")
    let hook = backupHook ?? Environment.value("PATRON_BACKUP_HOOK")
    guard let folder = backupDir ?? Environment.value("PATRON_BACKUP_DIR") else {
      let others = [("every", every), ("keep", count), ("hook", hook)]
      if let other = others.first(where: { $0.1 != nil }) {
        throw ValidationError("--backup-\(other.0) needs --backup-dir, the directory of backups.")
      }
      return nil
    }
    let keep = try count.map { text in
      guard let count = Int(text), (1...Self.mostKept).contains(count) else {
        throw ValidationError(
          "--backup-keep is \(text.prefix(64)); expected 1 to \(Self.mostKept)."
        )
      }
      return count
    }
    return Schedule(
      folder: BackupFolder(path: folder),
      interval: try every.map(Self.interval) ?? .seconds(86_400),
      keep: keep ?? 7,
      hook: hook
    )
  }

  /// Reads a time such as `24h`: a minute to a year.
  private static func interval(_ text: String) throws -> Duration {
    let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
      (1...525_600).contains(count), count * unit <= 366 * 86_400
    else {
      throw ValidationError(
        "--backup-every is \(text.prefix(64)); expected a number and m, h or d, as in 24h, from 1m "
          + "to 366d."
      )
    }
    return .seconds(count * unit)
  }
}
