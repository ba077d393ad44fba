internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The writing of a copy to disk while it is made, on threads that end by themselves. Without it
/// the system collects what was copied, and the sync at the end holds up the commits of the
/// database for as long as the disk takes for all of it.
final class CopySync: Sendable {
  private let path: String
  private let running = Atomic<Bool>(false)
  /// The `errno` of the first sync that failed; 0 if none did. A later sync of the same file need
  /// not fail again.
  private let failed = Atomic<Int32>(0)

  init(path: String) { self.path = path }

  var isRunning: Bool { running.load(ordering: .acquiring) }

  /// The `errno` of a sync that failed; nil if none did.
  var error: Int32? {
    let code = failed.load(ordering: .acquiring)
    return code == 0 ? nil : code
  }

  /// Begins a sync of what was written so far. One at a time.
  func begin() {
    guard !running.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let result = LaneThread.start(name: "patron-backup", inBackground: false) { [self] in
      sync()
      running.store(false, ordering: .releasing)
    }
    // Without a thread the system writes when it likes.
    if result != 0 { running.store(false, ordering: .releasing) }
  }

  private func sync() {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    // A copy that was cancelled is gone.
    guard descriptor >= 0 else { return }
    if fsync(descriptor) != 0 { failed.store(errno, ordering: .releasing) }
    close(descriptor)
  }
}
