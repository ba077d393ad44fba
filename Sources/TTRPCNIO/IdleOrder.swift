/// The order in which the connections of one loop give way to new clients: first those that have
/// never sent a frame, then those that have been idle longest.
///
/// It comes from a look at all connections that is repeated at most every 10 ms, and takes at most
/// a twentieth of the time, so that connections pay nothing for it while there is room.
struct IdleOrder {
  /// An idle connection.
  struct Entry: Hashable {
    let id: UInt64
    /// True if the client has never sent a whole frame.
    let isSilent: Bool
    let since: ContinuousClock.Instant
  }

  /// A new connection that needs a place.
  enum Newcomer {
    /// It has sent nothing yet.
    case silent
    /// It has sent a whole frame.
    case calling
  }

  /// The time after which a connection gives way to one of its kind, or to a better one.
  static let grace = Duration.seconds(1)
  /// The time after which a silent connection gives way to one that calls: clients that connect to
  /// call have called by then, and floods of silent connections have not passed.
  static let silentGrace = Duration.milliseconds(100)
  private static let interval = Duration.milliseconds(10)

  /// Both with the longest idle last.
  private var silent: [Entry] = []
  private var known: [Entry] = []
  private var nextLook: ContinuousClock.Instant?

  /// Returns true if it is time for another look at all connections.
  func isStale(_ now: ContinuousClock.Instant) -> Bool { nextLook.map { now >= $0 } ?? true }

  /// Replaces the order by the idle connections of a look that began at `start` and ends `now`.
  mutating func renew(
    _ idle: [Entry],
    from start: ContinuousClock.Instant,
    to now: ContinuousClock.Instant
  ) {
    silent = idle.filter(\.isSilent).sorted { $0.since > $1.since }
    known = idle.filter { !$0.isSilent }.sorted { $0.since > $1.since }
    nextLook = now + max(Self.interval, (now - start) * 20)
  }

  /// Removes and returns the connection that gives way next, or nil if all may stay. Connections
  /// that were active since the look are for the caller to skip.
  mutating func next(for newcomer: Newcomer, _ now: ContinuousClock.Instant) -> Entry? {
    let grace = newcomer == .calling ? Self.silentGrace : Self.grace
    if let first = silent.last, now - first.since >= grace { return silent.popLast() }
    guard newcomer == .calling, let first = known.last, now - first.since >= Self.grace else {
      return nil
    }
    return known.popLast()
  }
}
