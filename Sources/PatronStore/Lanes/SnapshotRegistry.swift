/// The scans that hold a snapshot, oldest first. The writer ends them when it must reset the WAL.
final class SnapshotRegistry: Sendable {
  private let scans = Monitor<[ScanControl]>([])

  /// Adds a scan. Call it before the scan takes its snapshot.
  func add(_ scan: ScanControl) { scans.withLock { $0.append(scan) } }

  /// Removes a scan. Call it after the scan's snapshot has ended.
  func remove(_ scan: ScanControl) { scans.update { $0.removeAll { $0 === scan } } }

  /// The age of the oldest snapshot; zero if there is none.
  var oldestAge: Duration {
    let began = scans.withLock { $0.first }?.beganAt
    return began.map { $0.duration(to: .now) } ?? .zero
  }

  /// Ends the oldest snapshot and waits until it is gone. Returns false if there is none, or if it
  /// did not end within `wait`.
  func endOldest(_ limit: SnapshotLimit, wait: Duration) -> Bool {
    guard let oldest = scans.withLock({ $0.first }) else { return false }
    oldest.stop(.snapshotTooOld(limit))
    return scans.wait(timeout: wait) { scans in
      scans.contains { $0 === oldest } ? nil : true
    } ?? false
  }
}
