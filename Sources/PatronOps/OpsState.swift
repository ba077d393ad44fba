package import PatronServer
package import PatronStore
internal import Synchronization
package import TTRPC
package import TTRPCNIO

/// The state of the process that the operator's listener shows. Usable on any thread.
///
/// It begins before the database is open, so that an orchestrator sees a start that takes long.
package final class OpsState: Sendable {
  /// The parts of a server that serves.
  package struct Parts: Sendable {
    let server: TTRPCServer
    let store: Store
    let watches: WatchHub
    let failures: AuthenticationFailures?
    let limits: Limits

    package init(
      server: TTRPCServer,
      store: Store,
      watches: WatchHub,
      failures: AuthenticationFailures?,
      limits: Limits
    ) {
      self.server = server
      self.store = store
      self.watches = watches
      self.failures = failures
      self.limits = limits
    }
  }

  private struct State {
    var phase = ServerStatus.Phase.starting
    var parts: Parts?
  }

  /// The version of the server.
  let version: String
  /// The time of the start in seconds since 1970 UTC.
  package let startedAt: Int64
  /// Returns the lines that the log has dropped. Any thread calls it.
  let droppedLogLines: @Sendable () -> Int
  private let begin = ContinuousClock.now
  private let state = Mutex(State())

  /// The time for which a scrape waits for a loop that works on something else.
  static let patience = Duration.seconds(1)
  /// The time after which a loop that has not answered counts as dead.
  static let healthPatience = Duration.seconds(5)

  /// Creates the state of a server that starts. `startedAt` is the time in seconds since 1970 UTC.
  package init(
    version: String,
    startedAt: Int64,
    droppedLogLines: @escaping @Sendable () -> Int
  ) {
    self.version = version
    self.startedAt = startedAt
    self.droppedLogLines = droppedLogLines
  }

  /// Records that the server serves.
  package func serves(_ parts: Parts) {
    state.withLock { state in
      state.parts = parts
      state.phase = .serving
    }
  }

  /// Records that the server accepts no new calls.
  package func drains() { state.withLock { $0.phase = .draining } }

  /// Lets the parts go: the server and the database end next.
  package func ends() {
    state.withLock { state in
      state.phase = .draining
      state.parts = nil
    }
  }

  var parts: Parts? { state.withLock { $0.parts } }

  /// The present status. Two system calls on the disk, and short locks.
  package var status: ServerStatus {
    let (phase, parts) = state.withLock { ($0.phase, $0.parts) }
    var status = ServerStatus(
      phase: phase,
      version: version,
      sqliteVersion: Store.libraryVersion,
      uptime: begin.duration(to: .now)
    )
    guard let parts else { return status }
    status.addresses = parts.server.addresses.map(\.description)
    status.database = ServerStatus.Database(parts.store)
    status.clients = ServerStatus.Clients(
      connections: parts.server.connectionCount,
      callsInFlight: parts.server.callsInFlight,
      unreadAnswerBytes: parts.server.unreadAnswerBytes,
      requestBytes: parts.server.inboundBytes,
      watches: parts.watches.watchCount,
      limits: parts.limits
    )
    return status
  }

  /// Returns true if every I/O loop runs its tasks, or none is there yet.
  func isAlive() async -> Bool {
    guard let parts else { return true }
    return await parts.server.answers(within: Self.healthPatience).allSatisfy { $0 }
  }
}
