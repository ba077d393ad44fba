import NIOCore
import Synchronization
import TTRPC

/// The state that all loops of one server share. Usable on any thread.
final class ServerShared: Sendable {
  let limits: Limits
  let gauge = CallGauge()
  let answers: AnswerTotal
  let freedMemory: FreedMemory
  let onClose: (@Sendable (Peer, CloseReason) -> Void)?
  let onNotice: (@Sendable (String) -> Void)?
  private let connections = Atomic<Int>(0)
  /// The listeners that accept nothing at present, and their number, which costs no lock to read.
  private let pausedListeners = Mutex<[any Channel]>([])
  private let pausedCount = Atomic<Int>(0)
  private let lastID = Atomic<UInt64>(0)

  init(_ configuration: TTRPCServer.Configuration) {
    limits = configuration.limits
    answers = AnswerTotal(configuration.limits)
    freedMemory = FreedMemory(answers)
    onClose = configuration.onClose
    onNotice = configuration.onNotice
  }

  var connectionCount: Int { connections.load(ordering: .relaxed) }

  /// Returns a number for a connection, unique within this server.
  func nextConnectionID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Counts a new connection. Returns the number of connections, the new one included.
  func connectionOpened() -> Int { connections.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Counts a connection whose descriptor is closed, which a paused listener may have waited for.
  func connectionClosed() {
    connections.wrappingSubtract(1, ordering: .relaxed)
    if pausedCount.load(ordering: .relaxed) > 0 { resumeListeners() }
  }

  /// Records that a listener has turned reading off, until the next connection closes.
  func listenerPaused(_ listener: any Channel) {
    pausedListeners.withLock { listeners in
      if !listeners.contains(where: { $0 === listener }) { listeners.append(listener) }
      pausedCount.store(listeners.count, ordering: .relaxed)
    }
  }

  private func resumeListeners() {
    let listeners = pausedListeners.withLock { listeners in
      defer { listeners = [] }
      pausedCount.store(0, ordering: .relaxed)
      return listeners
    }
    for listener in listeners {
      listener.setOption(.autoRead, value: true).whenFailure { _ in }
    }
  }

  var tooManyConnections: RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the server has \(limits.connections) connections, which is the limit: use fewer, try again \
        later, or raise \(Limits.flag(for: \.connections)) on the server
        """
    ).retrying(after: .milliseconds(500))
  }
}
