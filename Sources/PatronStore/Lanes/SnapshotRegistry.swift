/// The scans that hold a snapshot, oldest first. The writer ends them when the log has to be reset.
final class SnapshotRegistry: Sendable {
  private let scans = Monitor<[ScanControl]>([])

  /// Adds a scan, before its snapshot is taken.
  func add(_ scan: ScanControl) { scans.withLock { $0.append(scan) } }

  /// Takes a scan out, after its snapshot has ended.
  func remove(_ scan: ScanControl) { scans.update { $0.removeAll { $0 === scan } } }

  /// Ends the oldest snapshot and waits until it is gone. False when there is none, or when it did
  /// not end in time.
  func endOldest(_ limit: SnapshotLimit, wait: Duration) -> Bool {
    guard let oldest = scans.withLock({ $0.first }) else { return false }
    oldest.stop(.snapshotTooOld(limit))
    return scans.wait(timeout: wait) { scans in
      scans.contains { $0 === oldest } ? nil : true
    } ?? false
  }
}
