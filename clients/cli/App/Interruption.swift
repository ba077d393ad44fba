import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// SIGINT and SIGTERM, for commands that run until they are interrupted.
enum Interruption {
  private static let isRequested = Atomic(false)

  /// Handles both signals until one arrives or the task is cancelled, polling every 50 ms. A second
  /// signal terminates the process.
  static func wait() async {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interruption.isRequested.store(true, ordering: .releasing)
        signal(number, SIG_DFL)
      }
    }
    while !isRequested.load(ordering: .acquiring), !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(50))
    }
  }
}
