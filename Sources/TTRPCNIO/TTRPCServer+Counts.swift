import NIOCore
package import TTRPC

extension TTRPCServer {
  /// The number of loops, each with counts of its own.
  package var loopCount: Int { loops.count }

  /// Returns the counts of each loop: nil for one that has not answered within `patience`, and for
  /// all if ``Configuration/counts`` is off. A loop is busy with it for a few microseconds.
  package func counts(within patience: Duration) async -> [LoopCounts?] {
    await ask(within: patience) { $0.counters?.counts }
  }

  /// Returns the methods, to whose indices counts refer; nil if no loop answers within `patience`.
  package func methods(within patience: Duration) async -> [Method]? {
    await ask(within: patience) { $0.table.methods }.compactMap(\.self).first
  }

  /// Returns true for each loop that has run a task within `patience`.
  package func answers(within patience: Duration) async -> [Bool] {
    await ask(within: patience) { _ in true }.map { $0 == true }
  }

  /// Asks all loops at the same time. Returns nil for one that has not answered in time.
  private func ask<Answer: Sendable>(
    within patience: Duration,
    _ question: @escaping @Sendable (ServerConnections) -> Answer?
  ) async -> [Answer?] {
    let (stream, source) = AsyncStream.makeStream(of: (Int, Answer?).self)
    for (index, loop) in loops.enumerated() {
      loop.eventLoop.execute { source.yield((index, loop.connections.flatMap(question))) }
    }
    // A loop that stands still runs no timers either.
    let timer = Task {
      try? await Task.sleep(for: patience)
      source.finish()
    }
    defer { timer.cancel() }
    var answers = [Answer?](repeating: nil, count: loops.count)
    var left = loops.count
    for await (index, answer) in stream {
      answers[index] = answer
      left -= 1
      if left == 0 { break }
    }
    return answers
  }
}

/// A connection that has ended, for a log.
package struct EndedConnection: Sendable {
  /// The number of the connection, unique within the server.
  package let id: UInt64
  package let peer: Peer
  /// The reason of the server; nil if the client has closed the connection, or it broke.
  package let reason: CloseReason?
}

/// The hook of slow calls.
package struct SlowCalls: Sendable {
  /// The least time of a slow call.
  package var threshold: Duration
  /// Receives the client, and the call as it ended. Runs on the connection's loop, in the middle of
  /// other work.
  package var report: @Sendable (Peer, EndedCall) -> Void

  package init(threshold: Duration, report: @escaping @Sendable (Peer, EndedCall) -> Void) {
    self.threshold = threshold
    self.report = report
  }
}
