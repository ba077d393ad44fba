import NIOCore

/// The TLS handshakes of one loop. Used on that loop only.
///
/// A handshake begins when the client's first message is there, so that a client that sends nothing
/// takes no turn. As many are under way as ``ServerTLS/maxHandshakes`` says. If all turns are
/// taken, others wait in their order, and a handshake that is older than ``patience`` is given up
/// for the first of them.
final class ServerHandshakes {
  private let loop: ServerEventLoop
  private let max: Int
  private let roundTime: Duration
  /// Those under way, the oldest first.
  private var running: [ServerHandshake] = []
  /// Those that wait, and some that have ended meanwhile.
  private var waiting = CircularBuffer<ServerHandshake>()
  private var isFilling = false
  /// The time that handshakes have taken in this round of the loop's turns.
  private var spent = Duration.zero
  private var isInRound = false
  private var isTimed = false

  /// The time after which a handshake gives way: two round trips around the earth.
  static let patience = Duration.milliseconds(500)

  init(_ loop: ServerEventLoop, max: Int, roundTime: Duration) {
    self.loop = loop
    self.max = max
    self.roundTime = roundTime
  }

  /// Queues a handshake, and begins it if there is a turn.
  func add(_ handshake: ServerHandshake) {
    waiting.append(handshake)
    fill()
  }

  /// Forgets a handshake that has ended, and begins the next.
  func ended(_ handshake: ServerHandshake) {
    guard let index = running.firstIndex(where: { $0 === handshake }) else { return }
    running.remove(at: index)
    fill()
  }

  private func fill() {
    // A handshake may end while it begins.
    if isFilling { return }
    isFilling = true
    defer { isFilling = false }
    while let next = waiting.first {
      if !next.isQueued {
        waiting.removeFirst()
        continue
      }
      // Calls of other connections are served between rounds.
      if spent >= roundTime { return }
      let now = ContinuousClock.now
      if running.count >= max, !giveUpOldest(now) { return watchOldest(now) }
      waiting.removeFirst()
      running.append(next)
      next.begin()
      spent += ContinuousClock.now - now
      beginRound()
    }
  }

  private func giveUpOldest(_ now: ContinuousClock.Instant) -> Bool {
    guard let oldest = running.first, now - oldest.begunAt >= Self.patience else { return false }
    running.removeFirst()
    oldest.giveWay()
    return true
  }

  /// Looks again when the oldest handshake may be given up.
  private func watchOldest(_ now: ContinuousClock.Instant) {
    guard !isTimed, let oldest = running.first else { return }
    isTimed = true
    loop.execute(after: Swift.max(.zero, oldest.begunAt + Self.patience - now)) { [weak loop] in
      loop?.connections?.handshakes.timeHasCome()
    }
  }

  private func timeHasCome() {
    isTimed = false
    fill()
  }

  private func beginRound() {
    if isInRound { return }
    isInRound = true
    loop.executeAfterSockets { [weak loop] in loop?.connections?.handshakes.nextRound() }
  }

  private func nextRound() {
    isInRound = false
    spent = .zero
    fill()
  }
}
