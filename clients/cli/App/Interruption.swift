import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Control-C and SIGTERM, for commands that run until they are told to end.
enum Interruption {
  private static let isRequested = Atomic(false)

  /// Takes the signals over and waits for one of them; also ends when the task is cancelled. The
  /// second signal ends the program.
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
