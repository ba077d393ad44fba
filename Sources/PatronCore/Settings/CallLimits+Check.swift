package import PatronModel
package import PatronProto

/// The check of the limits of a store or of a key.
extension CallLimits {
  private static let maxRate: Int64 = 1_000_000
  private static let maxByteRate: Int64 = 1_000_000_000_000
  private static let maxScans: Int64 = 1024

  /// Adds a violation for each field that is out of range. `path` is that of the limits in the
  /// request. A field of `ceiling` that is not 0 is the most that the caller may set.
  package func check(
    _ path: String,
    under ceiling: CallLimits = CallLimits(),
    _ violations: inout Violations
  ) {
    let fields: [(name: String, value: Int64, ceiling: Int64, maximum: Int64)] = [
      (
        "calls_per_second", Int64(callsPerSecond), Int64(ceiling.callsPerSecond), Self.maxRate
      ),
      (
        "writes_per_second", Int64(writesPerSecond), Int64(ceiling.writesPerSecond), Self.maxRate
      ),
      ("bytes_per_second", bytesPerSecond, ceiling.bytesPerSecond, Self.maxByteRate),
      (
        "concurrent_calls", Int64(concurrentCalls), Int64(ceiling.concurrentCalls), Self.maxRate
      ),
      (
        "concurrent_scans", Int64(concurrentScans), Int64(ceiling.concurrentScans), Self.maxScans
      ),
    ]
    for field in fields {
      let isCapped = field.ceiling > 0 && field.ceiling < field.maximum
      let bound = isCapped ? field.ceiling : field.maximum
      if (0...bound).contains(field.value) { continue }
      let why =
        isCapped
        ? ", the limit of the server or of the store; only callers of every store set more"
        : ""
      violations.add(
        "\(path).\(field.name)",
        RuleError(
          reason: "LIMIT_OUT_OF_RANGE",
          message: "Expected are 0 to \(bound)\(why). With 0 the server's default counts."
        )
      )
    }
  }
}
