package import PatronModel
package import PatronProto

/// The check of the limits of a store or of a key.
extension CallLimits {
  private static let maxRate: Int64 = 1_000_000
  private static let maxByteRate: Int64 = 1_000_000_000_000
  private static let maxScans: Int64 = 1024

  /// Adds a violation for each field that is out of range. `path` is that of the limits in the
  /// request.
  package func check(_ path: String, _ violations: inout Violations) {
    let fields: [(name: String, value: Int64, maximum: Int64)] = [
      ("calls_per_second", Int64(callsPerSecond), Self.maxRate),
      ("writes_per_second", Int64(writesPerSecond), Self.maxRate),
      ("bytes_per_second", bytesPerSecond, Self.maxByteRate),
      ("concurrent_calls", Int64(concurrentCalls), Self.maxRate),
      ("concurrent_scans", Int64(concurrentScans), Self.maxScans),
    ]
    for field in fields where field.value < 0 || field.value > field.maximum {
      violations.add(
        "\(path).\(field.name)",
        RuleError(
          reason: "LIMIT_OUT_OF_RANGE",
          message: "Expected are 0 to \(field.maximum). With 0 the server's default counts."
        )
      )
    }
  }
}
