import ArgumentParser
import PatronStore

/// The limits of the store that operators move.
struct StoreLimitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Writes that may wait. (default: 8192)", valueName: "count"))
  var maxQueuedWrites: Int?

  @Option(help: ArgumentHelp("Scans that run at once. (default: 2)", valueName: "count"))
  var scanThreads: Int?

  @Option(
    help: ArgumentHelp("Longest time of one scan. (default: 300)", valueName: "seconds")
  )
  var maxScanSeconds: Int?

  @Option(
    help: ArgumentHelp(
      "Longest time that a scan waits for its client. (default: 30)",
      valueName: "seconds"
    )
  )
  var maxScanStallSeconds: Int?

  @Option(
    help: ArgumentHelp(
      "Size that the write-ahead log stays under; old scans end for it. (default: 64)",
      valueName: "MiB"
    )
  )
  var maxLogMib: Int?

  @Option(
    help: ArgumentHelp(
      "Database that reads map into memory; 0 maps nothing. (default: 16384)",
      valueName: "MiB"
    )
  )
  var mapMib: Int?

  /// The limits as they are to hold.
  func limits() throws -> StoreLimits {
    var limits = StoreLimits()
    limits.writeQueueCount =
      try checked(maxQueuedWrites, "max-queued-writes", 1...1_000_000)
      ?? limits.writeQueueCount
    limits.scanThreads = try checked(scanThreads, "scan-threads", 1...64) ?? limits.scanThreads
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
    return limits
  }

  private func checked(_ value: Int?, _ flag: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let value else { return nil }
    guard range.contains(value) else {
      throw ValidationError(
        "--\(flag) \(value): expected \(range.lowerBound) to \(range.upperBound)."
      )
    }
    return value
  }
}
