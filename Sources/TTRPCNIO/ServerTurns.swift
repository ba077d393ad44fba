import NIOCore
import TTRPC

/// The connections of one loop that wait for another turn, first come, first served, and other work
/// that waits for the next round. Used on that loop only.
///
/// A round gives turns until it has taken as long as one turn may. The next round begins after the
/// loop has looked at its sockets, so a connection that sends one request is served between rounds.
final class ServerTurns {
  private var waiting = CircularBuffer<ServerHandler>()
  /// Work of the dispatcher that follows the turns of the next round. It bounds its own time.
  private var work: [@Sendable () -> Void] = []
  private let pulse: ServerPulse
  private let roundTime: Duration

  init(_ loop: ServerEventLoop, _ limits: Limits) {
    pulse = ServerPulse(loop)
    roundTime = .microseconds(limits.turnMicros)
  }

  /// The connections that wait for another turn.
  var waitingCount: Int { waiting.count }

  /// Queues a connection behind all that wait. The caller makes sure that it is queued once.
  func add(_ handler: ServerHandler) {
    waiting.append(handler)
    pulse.beat()
  }

  /// Queues work for the next round, which begins after the loop has looked at its sockets.
  func add(_ work: @escaping @Sendable () -> Void) {
    self.work.append(work)
    pulse.beat()
  }

  /// Runs one round.
  func run() {
    pulse.hasBeaten()
    let end = ContinuousClock.now + roundTime
    var isOver = false
    while !isOver, let handler = waiting.popFirst() {
      handler.takeTurn()
      isOver = ContinuousClock.now >= end
      // A connection that is alone sends the answers of its turns together.
      if isOver || waiting.first !== handler { handler.finishTurn() }
    }
    if !work.isEmpty {
      let due = work
      work = []
      for run in due { run() }
    }
    if !waiting.isEmpty { pulse.beat() }
  }
}
