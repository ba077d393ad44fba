package import Logging
package import TTRPC

/// The lines about connections that have ended and about what was refused: one for each connection
/// at the level `debug`, and at `info` one a second for each reason, with a count. So attackers do
/// not fill the log.
package struct ConnectionLog {
  private let connections: Logger
  private let calls: Logger
  /// The counts up to which there are lines.
  private var told: LoopCounts?

  package init(connections: Logger, calls: Logger) {
    self.connections = connections
    self.calls = calls
  }

  /// Logs the end of one connection. Without a reason of the server the client has closed it.
  package static func ended(_ id: UInt64, _ peer: Peer, _ reason: CloseReason?, _ log: Logger) {
    log.debug(
      "a connection ended",
      metadata: [
        "conn": .stringConvertible(id), "peer": "\(peer.address)",
        "reason": "\(reason?.label ?? CloseReason.clientLabel)",
      ]
    )
  }

  /// Logs what came since the last time. `counts` are the sums of all loops since the start.
  package mutating func tell(_ counts: LoopCounts) {
    defer { told = counts }
    for limit in RefusedLimit.allCases {
      let count = counts.refusals(limit) - (told?.refusals(limit) ?? 0)
      guard count > 0 else { continue }
      calls.info(
        "refused calls or connections at a limit",
        metadata: ["reason": "\(limit.label)", "count": .stringConvertible(count)]
      )
    }
    for (label, total) in counts.closed.sorted(by: { $0.key < $1.key }) {
      let count = total - (told?.closed[label] ?? 0)
      guard count > 0, !Self.usual.contains(label) else { continue }
      connections.info(
        "ended connections",
        metadata: ["reason": "\(label)", "count": .stringConvertible(count)]
      )
    }
  }

  /// The reasons of ends that are no refusal.
  private static let usual: Set<String> = [CloseReason.clientLabel, CloseReason.drained.label]
}
