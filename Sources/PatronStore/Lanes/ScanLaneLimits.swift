/// The limits of a lane of long reads.
struct ScanLaneLimits: Sendable {
  /// The lane, for measurements.
  let lane: QueuedLane
  /// Name of the lane's threads.
  let threadName: String
  /// True for threads that run when nothing else does.
  let inBackground: Bool
  /// Scans that run at the same time.
  let permits: Int
  /// Scans that have begun and not ended, and so the maximum number of threads.
  let places: Int
  /// Places of one store.
  let maxPerStore: Int
  /// Places of one connection.
  let maxPerConnection: Int
  /// Scans that may wait for a place.
  let maxQueued: Int
  /// The flag of ``maxQueued``.
  let queueFlag: String
  /// The time for which a scan must be parked before another may take its place. Nil for a lane
  /// that parks none.
  let evictableAfter: Duration?
  /// Maximum duration of a turn while other scans wait for a permit.
  let turn: Duration
  /// The time after which a thread without work ends. As many as there are permits stay.
  let idleThreadAge: Duration

  /// The limits of the lane of streams.
  static func scans(_ limits: StoreLimits) -> ScanLaneLimits {
    let permits = max(1, limits.scanThreads)
    return ScanLaneLimits(
      lane: .scan,
      threadName: "patron-scan",
      inBackground: true,
      permits: permits,
      places: permits + max(0, limits.maxParkedScans),
      maxPerStore: max(1, limits.maxScansPerStore),
      maxPerConnection: max(1, limits.maxScansPerConnection),
      maxQueued: limits.scanQueueCount,
      queueFlag: "--max-queued-scans",
      evictableAfter: limits.scanEvictableAfter,
      turn: limits.scanTurn,
      idleThreadAge: limits.idleThreadAge
    )
  }

  /// The limits of the lane of unary reads. More reads than permits have begun, so that a short one
  /// runs between the turns of long ones of other stores.
  static func reads(_ limits: StoreLimits) -> ScanLaneLimits {
    let permits = max(1, limits.readThreads)
    return ScanLaneLimits(
      lane: .read,
      threadName: "patron-read",
      inBackground: false,
      permits: permits,
      places: 4 * permits,
      maxPerStore: 2 * permits,
      maxPerConnection: permits,
      maxQueued: limits.readQueueCount,
      queueFlag: "--max-queued-reads",
      evictableAfter: nil,
      turn: limits.scanTurn,
      idleThreadAge: limits.idleThreadAge
    )
  }
}
