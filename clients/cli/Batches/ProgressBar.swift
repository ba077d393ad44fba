/// A progress bar on standard error. It is drawn only if that is a terminal.
struct ProgressBar {
  private let label: String
  /// Size of the input in bytes, or nil if unknown.
  private let total: Int?
  private let environment: CLIEnvironment
  private let begun = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?

  init(label: String, total: Int?, environment: CLIEnvironment) {
    self.label = label
    self.total = total
    self.environment = environment
  }

  /// Draws the current state, at most ten times a second.
  mutating func update(bytes: Int, records: Int) {
    guard environment.errorIsTerminal else { return }
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    environment.err("\r\u{1B}[K" + line(bytes: bytes, records: records, elapsed: now - begun))
  }

  /// Erases the bar.
  mutating func clear() {
    if lastDrawn != nil { environment.err("\r\u{1B}[K") }
    lastDrawn = nil
  }

  /// Returns the text of the bar: `orders  ████████░░░░░░░░░░░░  41%  28,000  5,200/s  0:08 left`.
  func line(bytes: Int, records: Int, elapsed: Duration) -> String {
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    let rate = seconds > 0 ? "\(ValueText.count(Int(Double(records) / seconds)))/s" : ""
    guard let total, total > 0 else {
      return "\(label)  \(ValueText.count(records))  \(rate)"
    }
    let share = min(max(Double(bytes) / Double(total), 0), 1)
    let width = 30
    let filled = Int((share * Double(width)).rounded(.down))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    var text = "\(label)  \(bar)  \(Int(share * 100))%  \(ValueText.count(records))  \(rate)"
    if share > 0.01 {
      let left = Int((seconds / share * (1 - share)).rounded(.up))
      let rest = left % 60
      text += "  \(left / 60):\(rest < 10 ? "0" : "")\(rest) left"
    }
    return text
  }
}
