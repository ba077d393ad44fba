import ArgumentParser
import Foundation
import PatronStore

/// The flags of the backups that the server makes by itself.
struct BackupOptions: ParsableArguments {
  @Option(help: .setting("backup-dir"))
  var backupDir: String?

  @Option(help: .setting("backup-every"))
  var backupEvery: String?

  @Option(help: .setting("backup-keep"))
  var backupKeep: Int?

  @Option(help: .setting("backup-hook"))
  var backupHook: String?

  /// A schedule of backups.
  struct Schedule {
    let folder: BackupFolder
    let interval: Duration
    let keep: Int
    let hook: String?
  }

  /// Maximum number of backups that stay.
  static let mostKept = 100_000

  func validate() throws { _ = try schedule() }

  /// Returns the schedule; nil without a directory.
  ///
  /// - Throws: a usage error if a value is out of range, or if other flags lack the directory.
  func schedule() throws -> Schedule? {
    guard let folder = backupDir else {
      let others: [(String, Any?)] = [
        ("every", backupEvery), ("keep", backupKeep), ("hook", backupHook),
      ]
      if let other = others.first(where: { $0.1 != nil }) {
        throw ValidationError("--backup-\(other.0) needs --backup-dir, the directory of backups.")
      }
      return nil
    }
    if let backupKeep { try Setting.check(backupKeep, "backup-keep") }
    return Schedule(
      folder: BackupFolder(path: folder),
      interval: try backupEvery.map(Self.interval) ?? .seconds(86_400),
      keep: backupKeep ?? 7,
      hook: backupHook
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
