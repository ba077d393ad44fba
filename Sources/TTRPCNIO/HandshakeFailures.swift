/// The lines for the operator about handshakes that failed: at most one a second, because anybody
/// who reaches the port can make them.
struct HandshakeFailures {
  private var others = 0
  private var lastLine: ContinuousClock.Instant?

  private static let interval = Duration.seconds(1)

  /// Counts a failure. Returns the line that is due, or nil.
  mutating func add(
    _ address: String,
    _ reason: String,
    _ now: ContinuousClock.Instant
  ) -> String? {
    if let lastLine, now - lastLine < Self.interval {
      others += 1
      return nil
    }
    defer { (others, lastLine) = (0, now) }
    let more = others == 0 ? "" : "; \(others) more failed since the last line"
    return "TLS handshake with \(address) failed: \(reason)\(more)"
  }
}
