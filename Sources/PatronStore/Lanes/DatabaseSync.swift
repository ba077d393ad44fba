internal import Synchronization

/// The sync of the database file on a thread of its own. SQLite's own sync, which the writer waits
/// for, then finds little to do; it is still the one that counts.
final class DatabaseSync: Sendable {
  private enum State {
    case idle
    case running
    /// Ended with an `errno`; 0 for success.
    case ended(Int32)
  }

  private let file: DatabaseLock
  private let state = Mutex(State.idle)

  init(_ file: DatabaseLock) { self.file = file }

  /// Begins a sync. Returns false if the system has no thread left. One at a time.
  func begin() -> Bool {
    state.withLock { $0 = .running }
    let result = LaneThread.start(name: "patron-sync", inBackground: false) { [self] in
      let code = file.sync()
      state.withLock { $0 = .ended(code) }
    }
    if result != 0 { state.withLock { $0 = .idle } }
    return result == 0
  }

  /// Returns the `errno` of a sync that has ended, 0 for success, and forgets it. Nil if none has.
  func takeResult() -> Int32? {
    state.withLock { state in
      guard case .ended(let code) = state else { return nil }
      state = .idle
      return code
    }
  }
}
