import ArgumentParser
import PatronStore

/// The flags for the limits of the database.
struct StoreLimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Maximum number of queued writes. (default: 8192)", valueName: "count")
  )
  var maxQueuedWrites: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum number of answers that each store keeps for repeats of requests with an id. "
        + "(default: 100000)",
      valueName: "count"
    )
  )
  var maxKeptAnswers: Int?

  @Option(
    help: ArgumentHelp("Maximum memory of queued writes. (default: 64)", valueName: "MiB")
  )
  var maxQueuedWriteMib: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum time that a write is expected to wait for the writer. A store that has more queued "
        + "is refused. (default: 1000)",
      valueName: "milliseconds"
    )
  )
  var maxWriteWaitMs: Int?

  @Option(
    help: ArgumentHelp(
      "Number of streams that read in parallel; those that wait for their clients do not count. "
        + "(default: 2)",
      valueName: "count"
    )
  )
  var scanThreads: Int?

  @Option(
    help: ArgumentHelp(
      "Number of long unary reads that run in parallel. (default: 2)",
      valueName: "count"
    )
  )
  var readThreads: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum number of streams that wait for their clients. If one more wants to begin, the one "
        + "that has waited longest is ended. (default: 32)",
      valueName: "count"
    )
  )
  var maxParkedScans: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum number of streams of a store that have begun; further ones wait. (default: 8)",
      valueName: "count"
    )
  )
  var maxScansPerStore: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum number of streams of a connection that have begun; further ones wait. (default: 4)",
      valueName: "count"
    )
  )
  var maxScansPerConnection: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum number of streams that wait to begin; a store may use half. (default: 512)",
      valueName: "count"
    )
  )
  var maxQueuedScans: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum number of long unary reads that wait to begin; a store may use half. "
        + "(default: 1024)",
      valueName: "count"
    )
  )
  var maxQueuedReads: Int?

  @Option(
    help: ArgumentHelp("Maximum duration of a scan. (default: 300)", valueName: "seconds")
  )
  var maxScanSeconds: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum time that a scan waits for its client. (default: 30)",
      valueName: "seconds"
    )
  )
  var maxScanStallSeconds: Int?

  @Option(
    help: ArgumentHelp(
      "Size at which old scans are ended to truncate the WAL. (default: 64)",
      valueName: "MiB"
    )
  )
  var maxLogMib: Int?

  @Option(
    help: ArgumentHelp(
      "Size of the memory map of the database for reads; 0 for none. (default: 16384)",
      valueName: "MiB"
    )
  )
  var mapMib: Int?

  @Option(
    help: ArgumentHelp(
      "Disk space kept so that customers can be erased on a full disk; 0 for none. (default: 32)",
      valueName: "MiB"
    )
  )
  var diskReserveMib: Int?

  @Option(
    help: ArgumentHelp(
      "Time after which a read leaves the thread of its connection. (default: 1000)",
      valueName: "microseconds"
    )
  )
  var maxPointReadUs: Int?

  @Option(
    help: ArgumentHelp(
      "Bytes of records after which a read leaves the thread of its connection. (default: 1024)",
      valueName: "KiB"
    )
  )
  var maxPointReadKib: Int?

  /// Returns the limits, with defaults for flags that were not given.
  ///
  /// - Throws: a usage error if a value is out of range.
  func limits() throws -> StoreLimits {
    var limits = StoreLimits()
    limits.writeQueueCount =
      try checked(maxQueuedWrites, "max-queued-writes", 1...1_000_000)
      ?? limits.writeQueueCount
    limits.maxKeptAnswers =
      try checked(maxKeptAnswers, "max-kept-answers", 1...100_000_000) ?? limits.maxKeptAnswers
    if let mib = try checked(maxQueuedWriteMib, "max-queued-write-mib", 1...1_048_576) {
      limits.writeQueueBytes = mib << 20
    }
    if let milliseconds = try checked(maxWriteWaitMs, "max-write-wait-ms", 1...3_600_000) {
      limits.writeQueueWait = .milliseconds(milliseconds)
    }
    try setLimitsOfReads(&limits)
    if let seconds = try checked(maxScanSeconds, "max-scan-seconds", 1...86_400) {
      limits.scanAgeMax = .seconds(seconds)
    }
    if let seconds = try checked(maxScanStallSeconds, "max-scan-stall-seconds", 1...86_400) {
      limits.scanStallMax = .seconds(seconds)
    }
    if let mib = try checked(maxLogMib, "max-log-mib", 1...1_048_576) {
      limits.logBytesMark = mib << 20
      limits.logBytesHard = mib << 21
    }
    if let mib = try checked(mapMib, "map-mib", 0...1_048_576) {
      limits.readerMapBytes = mib << 20
    }
    limits.diskReserveBytes =
      (try checked(diskReserveMib, "disk-reserve-mib", 0...1_048_576) ?? 32) << 20
    if let micros = try checked(maxPointReadUs, "max-point-read-us", 10...1_000_000) {
      limits.pointBudgetTime = .microseconds(micros)
    }
    if let kib = try checked(maxPointReadKib, "max-point-read-kib", 64...1_048_576) {
      limits.pointBudgetBytes = kib << 10
    }
    return limits
  }

  private func setLimitsOfReads(_ limits: inout StoreLimits) throws {
    limits.scanThreads = try checked(scanThreads, "scan-threads", 1...64) ?? limits.scanThreads
    limits.readThreads = try checked(readThreads, "read-threads", 1...64) ?? limits.readThreads
    limits.maxParkedScans =
      try checked(maxParkedScans, "max-parked-scans", 0...1024) ?? limits.maxParkedScans
    limits.maxScansPerStore =
      try checked(maxScansPerStore, "max-scans-per-store", 1...1024) ?? limits.maxScansPerStore
    limits.maxScansPerConnection =
      try checked(maxScansPerConnection, "max-scans-per-connection", 1...1024)
      ?? limits.maxScansPerConnection
    limits.scanQueueCount =
      try checked(maxQueuedScans, "max-queued-scans", 2...1_000_000) ?? limits.scanQueueCount
    limits.readQueueCount =
      try checked(maxQueuedReads, "max-queued-reads", 2...1_000_000) ?? limits.readQueueCount
  }

  private func checked(_ value: Int?, _ flag: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let value else { return nil }
    guard range.contains(value) else {
      throw ValidationError(
        "--\(flag) is \(value); expected \(range.lowerBound) to \(range.upperBound)."
      )
    }
    return value
  }
}
