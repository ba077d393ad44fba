import ArgumentParser
import PatronServer

/// The flags of the limits of each key and each store. 0, the default, is no limit.
struct CallerLimitOptions: ParsableArguments {
  @Option(help: CallerLimitOptions.help("Calls of one key in a second", "calls"))
  var maxKeyCallRate = 0

  @Option(help: CallerLimitOptions.help("Records that one key writes in a second", "records"))
  var maxKeyWriteRate = 0

  @Option(
    help: CallerLimitOptions.help("Bytes of requests and answers of one key in a second", "bytes")
  )
  var maxKeyByteRate = 0

  @Option(help: CallerLimitOptions.help("Calls of one key at once", "calls"))
  var maxKeyCalls = 0

  @Option(help: CallerLimitOptions.help("Exports of one key at once", "exports"))
  var maxKeyScans = 0

  @Option(
    help: CallerLimitOptions.help("Calls of a store in a second; its settings win", "calls")
  )
  var maxStoreCallRate = 0

  @Option(
    help: CallerLimitOptions.help(
      "Records written to a store in a second; its settings win",
      "records"
    )
  )
  var maxStoreWriteRate = 0

  @Option(
    help: CallerLimitOptions.help(
      "Bytes of requests and answers of a store in a second; its settings win",
      "bytes"
    )
  )
  var maxStoreByteRate = 0

  @Option(help: CallerLimitOptions.help("Calls of a store at once; its settings win", "calls"))
  var maxStoreCalls = 0

  @Option(help: CallerLimitOptions.help("Exports of a store at once; its settings win", "exports"))
  var maxStoreScans = 0

  func validate() throws {
    let rates = 0...1_000_000
    try check(maxKeyCallRate, "max-key-call-rate", rates)
    try check(maxKeyWriteRate, "max-key-write-rate", rates)
    try check(maxKeyByteRate, "max-key-byte-rate", 0...1_000_000_000_000)
    try check(maxKeyCalls, "max-key-calls", rates)
    try check(maxKeyScans, "max-key-scans", 0...1024)
    try check(maxStoreCallRate, "max-store-call-rate", rates)
    try check(maxStoreWriteRate, "max-store-write-rate", rates)
    try check(maxStoreByteRate, "max-store-byte-rate", 0...1_000_000_000_000)
    try check(maxStoreCalls, "max-store-calls", rates)
    try check(maxStoreScans, "max-store-scans", 0...1024)
  }

  /// The limits of each key.
  var ofKeys: CallerLimits {
    var limits = CallerLimits()
    limits.callsPerSecond = maxKeyCallRate
    limits.writesPerSecond = maxKeyWriteRate
    limits.bytesPerSecond = maxKeyByteRate
    limits.callsAtOnce = maxKeyCalls
    limits.scansAtOnce = maxKeyScans
    return limits
  }

  /// The limits of each store that sets none.
  var ofStores: CallerLimits {
    var limits = CallerLimits()
    limits.callsPerSecond = maxStoreCallRate
    limits.writesPerSecond = maxStoreWriteRate
    limits.bytesPerSecond = maxStoreByteRate
    limits.callsAtOnce = maxStoreCalls
    limits.scansAtOnce = maxStoreScans
    return limits
  }

  private func check(_ value: Int, _ flag: String, _ range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
      throw ValidationError(
        "--\(flag) is \(value); expected \(range.lowerBound) to \(range.upperBound)."
      )
    }
  }

  private static func help(_ text: String, _ unit: String) -> ArgumentHelp {
    ArgumentHelp("\(text). 0 is no limit.", valueName: unit)
  }
}
