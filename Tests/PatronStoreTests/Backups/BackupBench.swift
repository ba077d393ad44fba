import Foundation
import SQLite
import TestKit
import Testing

@testable import PatronStore

/// A database with rows and an audit log, and a directory for its copies.
final class BackupBench {
  let lane: LaneStore
  private let folder = TemporaryDirectory()
  private(set) var value = 0

  static let migrations: [Migration] = {
    let audit = Migration.all.first { $0.name == "audit" }?.sql ?? ""
    return LaneStore.migrations + [Migration(version: 2, name: "audit", sql: audit)]
  }()

  init(_ change: (inout StoreOptions) -> Void = { _ in }) throws {
    lane = try LaneStore { options in
      options.migrations = Self.migrations
      options.durability = .off
      change(&options)
    }
  }

  var store: Store { lane.store }
  var folderPath: String { folder.path }

  func file(_ name: String = "copy.db") -> BackupFile { BackupFile(path: folder.file(name)) }

  /// Inserts rows of about a page each.
  func fill(_ count: Int) throws {
    for _ in 0..<count {
      value += 1
      try lane.insert(value, bytes: 3000)
    }
  }

  /// Begins a backup.
  func begin(_ file: BackupFile) throws -> RunningBackup {
    let running = RunningBackup(file)
    try store.beginBackup(running.task)
    return running
  }

  /// The names of the files in the directory of copies.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }

  /// Returns the values of the rows of a copy, which must be one file that needs no log.
  static func values(_ path: String) throws -> [Int64] {
    let copy = try Connection(path: path, mode: .readOnly, busyTimeoutMilliseconds: 0)
    #expect(try copy.text("PRAGMA journal_mode") == "delete")
    #expect(try copy.text("PRAGMA integrity_check") == "ok")
    var values: [Int64] = []
    try copy.forEach(LaneStore.values) { values.append($0.int64(0)) }
    return values
  }
}

/// A backup with its end.
final class RunningBackup: Sendable {
  let task: BackupTask
  private let end: Monitor<Result<BackupRecord, any Error>?>

  init(_ file: BackupFile) {
    let end = Monitor<Result<BackupRecord, any Error>?>(nil)
    self.end = end
    task = BackupTask(file) { result in
      end.update { end in
        #expect(end == nil, "ended twice")
        end = result
      }
    }
  }

  var hasEnded: Bool { end.withLock { $0 != nil } }

  /// Waits for the end. Fails after a minute, so that a bug does not block the test.
  func wait() throws -> BackupRecord {
    try #require(end.wait(timeout: .seconds(60)) { $0 }, "the backup did not end").get()
  }
}
