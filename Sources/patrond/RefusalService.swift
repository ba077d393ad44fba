import PatronServer
import ServiceLifecycle

/// The writing of refused calls into the audit log, once a second, and once more when no call can
/// come any more.
struct RefusalService: Service {
  let records: RefusalRecords

  private static let interval = Duration.seconds(1)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        // Ends early with the shutdown.
        try? await Task.sleep(for: Self.interval)
        records.write()
      }
    }
    records.write()
  }
}
