import PatronStore

extension Setting {
  /// The limits of the database.
  static let store: [Setting] = writes + reads + files

  private static let limits = StoreLimits()

  private static let writes: [Setting] = [
    number(
      "max-queued-writes",
      1...1_000_000,
      "count",
      limits.writeQueueCount,
      "Maximum number of queued writes"
    ),
    number(
      "max-kept-answers",
      1...100_000_000,
      "count",
      limits.maxKeptAnswers,
      "Maximum number of answers that each store keeps for repeats of requests with an id"
    ),
    number(
      "max-queued-write-mib",
      1...1_048_576,
      "MiB",
      limits.writeQueueBytes >> 20,
      "Maximum memory of queued writes"
    ),
    number(
      "max-write-wait-ms",
      1...3_600_000,
      "milliseconds",
      1000,
      "Maximum time that a write is expected to wait for the writer. A store that has more queued "
        + "is refused"
    ),
  ]

  private static let reads: [Setting] = [
    number(
      "scan-threads",
      1...64,
      "count",
      limits.scanThreads,
      "Number of streams that read in parallel; those that wait for their clients do not count"
    ),
    number(
      "read-threads",
      1...64,
      "count",
      limits.readThreads,
      "Number of long unary reads that run in parallel"
    ),
    number(
      "max-parked-scans",
      0...1024,
      "count",
      limits.maxParkedScans,
      "Maximum number of streams that wait for their clients. If one more wants to begin, the one "
        + "that has waited longest is ended"
    ),
    number(
      "max-scans-per-store",
      1...1024,
      "count",
      limits.maxScansPerStore,
      "Maximum number of streams of a store that have begun; further ones wait"
    ),
    number(
      "max-scans-per-connection",
      1...1024,
      "count",
      limits.maxScansPerConnection,
      "Maximum number of streams of a connection that have begun; further ones wait"
    ),
    number(
      "max-queued-scans",
      2...1_000_000,
      "count",
      limits.scanQueueCount,
      "Maximum number of streams that wait to begin; a store may use half"
    ),
    number(
      "max-queued-reads",
      2...1_000_000,
      "count",
      limits.readQueueCount,
      "Maximum number of long unary reads that wait to begin; a store may use half"
    ),
    number("max-scan-seconds", 1...86_400, "seconds", 300, "Maximum duration of a scan"),
    number(
      "max-scan-stall-seconds",
      1...86_400,
      "seconds",
      30,
      "Maximum time that a scan waits for its client"
    ),
  ]

  private static let files: [Setting] = [
    number(
      "max-log-mib",
      1...1_048_576,
      "MiB",
      limits.logBytesMark >> 20,
      "Size at which old scans are ended to truncate the WAL"
    ),
    number(
      "cache-mib",
      0...65_536,
      "MiB",
      nil,
      "Memory for records of customers that were read lately; 0 for none",
      "256; with memory-mib a quarter of it, up to 1024"
    ),
    number(
      "map-mib",
      0...1_048_576,
      "MiB",
      limits.readerMapBytes >> 20,
      "Size of the memory map of the database for reads; 0 for none"
    ),
    number(
      "disk-reserve-mib",
      0...1_048_576,
      "MiB",
      32,
      "Disk space kept so that customers can be erased on a full disk; 0 for none"
    ),
    number(
      "max-point-read-us",
      10...1_000_000,
      "microseconds",
      1000,
      "Time after which a read leaves the thread of its connection"
    ),
    number(
      "max-point-read-kib",
      64...1_048_576,
      "KiB",
      limits.pointBudgetBytes >> 10,
      "Bytes of records after which a read leaves the thread of its connection"
    ),
  ]
}
