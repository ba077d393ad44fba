import Synchronization
import TTRPC

/// What all loops of one server share.
final class ServerShared: Sendable {
  let limits: Limits
  let gauge = CallGauge()
  let onClose: (@Sendable (Peer, CloseReason) -> Void)?
  private let connections = Atomic<Int>(0)
  private let lastID = Atomic<UInt64>(0)

  /// Connections above the limit that are kept for the moment in which they are refused.
  static let refusedConnections = 64

  init(limits: Limits, onClose: (@Sendable (Peer, CloseReason) -> Void)?) {
    self.limits = limits
    self.onClose = onClose
  }

  var connectionCount: Int { connections.load(ordering: .relaxed) }

  /// A number for a connection, never used again within this server.
  func nextConnectionID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Counts a connection in; returns how many there are with it.
  func connectionOpened() -> Int { connections.wrappingAdd(1, ordering: .relaxed).newValue }

  func connectionClosed() { connections.wrappingSubtract(1, ordering: .relaxed) }

  var tooManyConnections: RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the server has \(limits.connections) connections, which is the limit: use fewer, try again \
        later, or raise \(Limits.flag(for: \.connections)) on the server
        """
    )
  }
}
