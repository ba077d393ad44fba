import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Control-C: the first one ends the run with a report, the second one terminates the process.
enum Interruption {
  private static let isRequested = Atomic(false)

  /// Installs the signal handler.
  static func watch() {
    signal(SIGINT) { _ in
      Interruption.isRequested.store(true, ordering: .releasing)
      signal(SIGINT, SIG_DFL)
    }
  }

  static var wasRequested: Bool { isRequested.load(ordering: .acquiring) }
}
