import Synchronization
import TTRPC

/// The state that all loops of one server share. Usable on any thread.
final class ServerShared: Sendable {
  let limits: Limits
  let gauge = CallGauge()
  let answers: AnswerTotal
  let freedMemory: FreedMemory
  let onClose: (@Sendable (Peer, CloseReason) -> Void)?
  private let connections = Atomic<Int>(0)
  private let lastID = Atomic<UInt64>(0)

  /// The connections above the limit that are kept just long enough to be refused with an answer.
  static let maxRefusedConnections = 64

  init(limits: Limits, onClose: (@Sendable (Peer, CloseReason) -> Void)?) {
    self.limits = limits
    answers = AnswerTotal(limits)
    freedMemory = FreedMemory(answers)
    self.onClose = onClose
  }

  var connectionCount: Int { connections.load(ordering: .relaxed) }

  /// Returns a number for a connection, unique within this server.
  func nextConnectionID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Counts a new connection. Returns the number of connections, the new one included.
  func connectionOpened() -> Int { connections.wrappingAdd(1, ordering: .relaxed).newValue }

  func connectionClosed() { connections.wrappingSubtract(1, ordering: .relaxed) }

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
