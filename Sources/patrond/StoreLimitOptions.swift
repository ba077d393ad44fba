import ArgumentParser
import PatronStore

/// The flags for the limits of the database.
struct StoreLimitOptions: ParsableArguments {
  @Option(help: .setting("max-queued-writes")) var maxQueuedWrites: Int?
  @Option(help: .setting("max-kept-answers")) var maxKeptAnswers: Int?
  @Option(help: .setting("max-queued-write-mib")) var maxQueuedWriteMib: Int?
  @Option(help: .setting("max-write-wait-ms")) var maxWriteWaitMs: Int?
  @Option(help: .setting("scan-threads")) var scanThreads: Int?
  @Option(help: .setting("read-threads")) var readThreads: Int?
  @Option(help: .setting("max-parked-scans")) var maxParkedScans: Int?
  @Option(help: .setting("max-scans-per-store")) var maxScansPerStore: Int?
  @Option(help: .setting("max-scans-per-connection")) var maxScansPerConnection: Int?
  @Option(help: .setting("max-queued-scans")) var maxQueuedScans: Int?
  @Option(help: .setting("max-queued-reads")) var maxQueuedReads: Int?
  @Option(help: .setting("max-scan-seconds")) var maxScanSeconds: Int?
  @Option(help: .setting("max-scan-stall-seconds")) var maxScanStallSeconds: Int?
  @Option(help: .setting("max-log-mib")) var maxLogMib: Int?
  @Option(help: .setting("cache-mib")) var cacheMib: Int?
  @Option(help: .setting("map-mib")) var mapMib: Int?
  @Option(help: .setting("disk-reserve-mib")) var diskReserveMib: Int?
  @Option(help: .setting("max-point-read-us")) var maxPointReadUs: Int?
  @Option(help: .setting("max-point-read-kib")) var maxPointReadKib: Int?

  /// Returns the limits, with defaults for flags that were not given.
  ///
  /// - Throws: a usage error if a value is out of range.
  func limits() throws -> StoreLimits {
    var limits = StoreLimits()
    limits.writeQueueCount =
      try checked(maxQueuedWrites, "max-queued-writes")
      ?? limits.writeQueueCount
    limits.maxKeptAnswers =
      try checked(maxKeptAnswers, "max-kept-answers") ?? limits.maxKeptAnswers
    if let mib = try checked(maxQueuedWriteMib, "max-queued-write-mib") {
      limits.writeQueueBytes = mib << 20
    }
    if let milliseconds = try checked(maxWriteWaitMs, "max-write-wait-ms") {
      limits.writeQueueWait = .milliseconds(milliseconds)
    }
    try setLimitsOfReads(&limits)
    if let seconds = try checked(maxScanSeconds, "max-scan-seconds") {
      limits.scanAgeMax = .seconds(seconds)
    }
    if let seconds = try checked(maxScanStallSeconds, "max-scan-stall-seconds") {
      limits.scanStallMax = .seconds(seconds)
    }
    if let mib = try checked(maxLogMib, "max-log-mib") {
      limits.logBytesMark = mib << 20
      limits.logBytesHard = mib << 21
    }
    if let mib = try checked(cacheMib, "cache-mib") {
      limits.recordCacheBytes = mib << 20
    }
    if let mib = try checked(mapMib, "map-mib") {
      limits.readerMapBytes = mib << 20
    }
    limits.diskReserveBytes =
      (try checked(diskReserveMib, "disk-reserve-mib") ?? 32) << 20
    if let micros = try checked(maxPointReadUs, "max-point-read-us") {
      limits.pointBudgetTime = .microseconds(micros)
    }
    if let kib = try checked(maxPointReadKib, "max-point-read-kib") {
      limits.pointBudgetBytes = kib << 10
    }
    return limits
  }

  private func setLimitsOfReads(_ limits: inout StoreLimits) throws {
    limits.scanThreads = try checked(scanThreads, "scan-threads") ?? limits.scanThreads
    limits.readThreads = try checked(readThreads, "read-threads") ?? limits.readThreads
    limits.maxParkedScans =
      try checked(maxParkedScans, "max-parked-scans") ?? limits.maxParkedScans
    limits.maxScansPerStore =
      try checked(maxScansPerStore, "max-scans-per-store") ?? limits.maxScansPerStore
    limits.maxScansPerConnection =
      try checked(maxScansPerConnection, "max-scans-per-connection")
      ?? limits.maxScansPerConnection
    limits.scanQueueCount =
      try checked(maxQueuedScans, "max-queued-scans") ?? limits.scanQueueCount
    limits.readQueueCount =
      try checked(maxQueuedReads, "max-queued-reads") ?? limits.readQueueCount
  }

  private func checked(_ value: Int?, _ name: String) throws -> Int? {
    if let value { try Setting.check(value, name) }
    return value
  }
}
