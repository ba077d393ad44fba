import ServiceLifecycle
import UnixSignals

/// The wait for SIGHUP, which reloads the settings.
struct ReloadService: Service {
  let reloader: Reloader

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    await cancelWhenGracefulShutdown {
      for await _ in signals { reloader.reload() }
    }
  }
}
