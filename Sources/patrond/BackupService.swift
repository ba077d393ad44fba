import Foundation
import Logging
import PatronStore
import ServiceLifecycle

/// The backups that the server makes by itself: a look once a second, and the hook after each.
struct BackupService: Service {
  let backups: ScheduledBackups
  let hook: BackupHook?
  let log: Logger

  private static let interval = Duration.seconds(1)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        switch backups.step() {
        case .finished(let record, let removed): await noteEnd(record, removed)
        case .failed(let error): log.error("a scheduled backup failed: \(error)")
        case nil: break
        }
        // Ends early with the shutdown.
        try? await Task.sleep(for: Self.interval)
      }
    }
  }

  private func noteEnd(_ record: BackupRecord, _ removed: [String]) async {
    let last = record.facts.lastAuditSequence
    log.info("made the backup \(record.path): \(record.bytes) bytes, last audit entry \(last)")
    for path in removed { log.info("removed the old backup \(path)") }
    if let problem = await hook?.run(record.path) {
      log.error("the hook after the backup \(record.path) failed: \(problem)")
    }
  }
}

/// A shell command that runs after a backup.
struct BackupHook: Sendable {
  let command: String

  /// The time for which a hook may run, before it is told to end, and then before it is killed.
  private static let limit = Duration.seconds(3600)
  private static let patience = Duration.seconds(10)
  private static let pause = Duration.milliseconds(100)

  /// Runs the command with the path of a backup as `$1` and as PATRON_BACKUP_FILE. Returns the
  /// reason of its failure; nil is success. It ends with the task.
  func run(_ path: String) async -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command, "patron-backup-hook", path]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["PATRON_BACKUP_FILE": path]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      return "it could not be started"
    }
    if await hasEnded(process, within: Self.limit) {
      let status = process.terminationStatus
      if process.terminationReason == .uncaughtSignal { return "signal \(status)" }
      return status == 0 ? nil : "status \(status)"
    }
    process.terminate()
    if await !hasEnded(process, within: Self.patience, alsoCancelled: true) {
      kill(process.processIdentifier, SIGKILL)
    }
    return Task.isCancelled ? "the server stopped" : "it took longer than \(Self.limit)"
  }

  /// Waits for the end of a process. Returns false if the time passed, or if the task was
  /// cancelled.
  private func hasEnded(
    _ process: Process,
    within limit: Duration,
    alsoCancelled: Bool = false
  ) async -> Bool {
    let end = ContinuousClock.now + limit
    while process.isRunning {
      if ContinuousClock.now >= end || (Task.isCancelled && !alsoCancelled) { return false }
      if Task.isCancelled {
        // A cancelled task cannot sleep.
        usleep(10_000)
      } else {
        try? await Task.sleep(for: Self.pause)
      }
    }
    return true
  }
}
