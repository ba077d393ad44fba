import PatronServer
import PatronStore
import ServiceLifecycle

/// The writing of refused calls into the audit log, and of those beyond limits into the log: a look
/// once a second, and one more when no call can come any more.
struct RefusalService: Service {
  let records: RefusalRecords
  let overruns: LimitRefusals

  private static let interval = Duration.seconds(1)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        // Ends early with the shutdown.
        try? await Task.sleep(for: Self.interval)
        let now = WallClock.system.now()
        records.write(at: now)
        overruns.write(at: now)
      }
    }
    records.write(at: WallClock.system.now(), isLast: true)
    overruns.write(at: WallClock.system.now(), isLast: true)
  }
}
