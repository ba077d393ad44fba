internal import PatronStore

/// The watch that one I/O loop keeps over the rights of its callers. Where keys are needed it
/// always ticks, elsewhere from the first call of a key on. It ends the calls whose keys were
/// revoked or have expired, and takes their connections back. Used on that loop only.
final class LoopCallers {
  private let ring: KeyRing
  private let clock: WallClock
  private let loop: LoopHandle
  private var isTicking = false
  /// The endings of rights that the loop has followed.
  private var seen: UInt64

  /// The time between two ticks: a right that ends does so within a second on every loop.
  private static let interval = Duration.milliseconds(250)

  init(_ ring: KeyRing, _ clock: WallClock, _ loop: LoopHandle) {
    self.ring = ring
    self.clock = clock
    self.loop = loop
    seen = ring.endings
    loop.callers = self
  }

  /// Begins to tick.
  func watch() {
    if isTicking { return }
    isTicking = true
    loop.tickCallers(after: Self.interval)
  }

  func tick() {
    ring.tick(at: clock.now())
    let endings = ring.endings
    if endings != seen {
      seen = endings
      loop.endRefusedCalls()
    }
    loop.tickCallers(after: Self.interval)
  }
}
