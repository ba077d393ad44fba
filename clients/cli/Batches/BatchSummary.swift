import PatronClient

struct BatchSummary {
  let noun: String
  private(set) var created = 0
  private(set) var updated = 0
  private(set) var unchanged = 0
  var rejected = 0
  /// The first rejected lines, for display.
  var shown: [RejectedLine] = []
  /// Additional members of the JSON output: names and JSON texts.
  var details: [(String, String)] = []
  /// True if the server has answered at least once.
  private(set) var hasAnswer = false
  private(set) var elapsed = Duration.zero
  private(set) var rejectsPath: String?
  private let begun: ContinuousClock.Instant

  init(noun: String, begun: ContinuousClock.Instant) {
    self.noun = noun
    self.begun = begun
  }

  /// Number of records with an outcome.
  var records: Int { created + updated + unchanged + rejected }

  mutating func add(_ results: [BatchItemResult]) {
    hasAnswer = true
    for result in results {
      if result.error != nil {
        rejected += 1
      } else {
        switch result.outcome {
        case .created: created += 1
        case .unchanged: unchanged += 1
        default: updated += 1
        }
      }
    }
  }

  /// Stops the clock and prints the first rejects to standard error.
  mutating func finish(rejects: borrowing BatchRejects, environment: CLIEnvironment) {
    finish(rejectsPath: rejects.path, rejectCount: rejects.count, environment: environment)
  }

  /// Stops the clock and prints the first rejects to standard error.
  mutating func finish(rejectsPath path: String, rejectCount: Int, environment: CLIEnvironment) {
    elapsed = ContinuousClock.now - begun
    guard rejectCount > 0 else { return }
    rejectsPath = path
    let style = Style(colors: environment.errorHasColors)
    for reject in shown {
      let violations = reject.error.violations.prefix(10).map { "\($0.field): \($0.description)" }
      let text = violations.isEmpty ? reject.error.message : violations.joined(separator: "; ")
      environment.err("\(style.red("line \(reject.number):")) \(ErrorText.sentence(text))\n")
    }
    if rejectCount > shown.count {
      environment.err("and \(ValueText.count(rejectCount - shown.count)) more\n")
    }
  }

  func text(_ format: OutputFormat, _ style: Style) -> String {
    format == .table ? table(style) : json(pretty: format == .json)
  }

  private var seconds: Double {
    Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }

  private func table(_ style: Style) -> String {
    let rate = seconds > 0 ? Int(Double(records) / seconds) : 0
    var text =
      "\(ValueText.plural(records, noun)): \(style.green("\(ValueText.count(created)) created")), "
      + "\(style.yellow("\(ValueText.count(updated)) updated")), "
      + "\(ValueText.count(unchanged)) unchanged, "
    let refused = "\(ValueText.count(rejected)) rejected"
    text += rejected > 0 ? style.red(refused) : refused
    text += style.dim("  (\(time), \(ValueText.count(rate))/s)")
    if let rejectsPath { text += "\nrejected lines: \(rejectsPath)" }
    return text
  }

  /// The duration as `0.4 s`, or as `7 ms` below a tenth of a second.
  private var time: String {
    if seconds < 0.1 { return "\(Int((seconds * 1000).rounded())) ms" }
    let tenths = Int((seconds * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) s"
  }

  private func json(pretty: Bool) -> String {
    let milliseconds = Int((seconds * 1000).rounded())
    var members = [
      ("created", "\(created)"), ("updated", "\(updated)"), ("unchanged", "\(unchanged)"),
      ("rejected", "\(rejected)"), ("milliseconds", "\(milliseconds)"),
    ]
    if let rejectsPath { members.append(("rejects", JSONText.string(rejectsPath))) }
    members += details
    if !pretty { return JSONText.object(members) }
    let lines = members.map { "  \(JSONText.string($0.0)): \($0.1)" }
    return "{\n\(lines.joined(separator: ",\n"))\n}"
  }
}
