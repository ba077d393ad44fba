import ArgumentParser
import PatronServer

/// The flags of the limits of each key and each store. 0, the default, is no limit.
struct CallerLimitOptions: ParsableArguments {
  @Option(help: .setting("max-key-call-rate", saysDefault: false)) var maxKeyCallRate = 0
  @Option(help: .setting("max-key-write-rate", saysDefault: false)) var maxKeyWriteRate = 0
  @Option(help: .setting("max-key-byte-rate", saysDefault: false)) var maxKeyByteRate = 0
  @Option(help: .setting("max-key-calls", saysDefault: false)) var maxKeyCalls = 0
  @Option(help: .setting("max-key-scans", saysDefault: false)) var maxKeyScans = 0
  @Option(help: .setting("max-store-call-rate", saysDefault: false)) var maxStoreCallRate = 0
  @Option(help: .setting("max-store-write-rate", saysDefault: false)) var maxStoreWriteRate = 0
  @Option(help: .setting("max-store-byte-rate", saysDefault: false)) var maxStoreByteRate = 0
  @Option(help: .setting("max-store-calls", saysDefault: false)) var maxStoreCalls = 0
  @Option(help: .setting("max-store-scans", saysDefault: false)) var maxStoreScans = 0

  func validate() throws {
    try Setting.check(maxKeyCallRate, "max-key-call-rate")
    try Setting.check(maxKeyWriteRate, "max-key-write-rate")
    try Setting.check(maxKeyByteRate, "max-key-byte-rate")
    try Setting.check(maxKeyCalls, "max-key-calls")
    try Setting.check(maxKeyScans, "max-key-scans")
    try Setting.check(maxStoreCallRate, "max-store-call-rate")
    try Setting.check(maxStoreWriteRate, "max-store-write-rate")
    try Setting.check(maxStoreByteRate, "max-store-byte-rate")
    try Setting.check(maxStoreCalls, "max-store-calls")
    try Setting.check(maxStoreScans, "max-store-scans")
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
}
