import ClientFlags
import PatronClient

/// Errors as text: one line for the error, one for each violation, and one for the hint.
enum ErrorText {
  static func text(_ error: LocalError, _ style: Style) -> String {
    "\(style.red("error:")) \(error.description)\n"
  }

  static func text(_ error: RPCError, _ style: Style) -> String {
    var names = ["\(error.code)"]
    if let reason = error.reason { names.append(Self.reason(reason)) }
    let message = headline(error)
    var lines = [
      "\(style.red("error:")) \(message) \(style.dim("(" + names.joined(separator: ", ") + ")"))"
    ]
    let violations = error.violations
    for violation in violations.prefix(maxViolations) {
      let path = sentence(violation.field)
      let field = path.isEmpty ? "" : style.bold(path) + ": "
      let name = Self.reason(violation.reason)
      let reason = name.isEmpty ? "" : " " + style.dim("(\(name))")
      lines.append("  \(field)\(sentence(violation.description))\(reason)")
    }
    if violations.count > maxViolations {
      lines.append("  and \(ValueText.count(violations.count - maxViolations)) more")
    }
    if let hint = hint(error) { lines.append("\(style.cyan("hint:")) \(hint)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Number of violations shown.
  private static let maxViolations = 50
  /// Number of characters of a message shown; enough for several sentences.
  private static let maxMessageLength = 2000

  /// Returns a server's reason, safe for a terminal and cut to its maximum length.
  static func reason(_ text: String) -> String {
    SafeText.line(text, limit: SafeText.maxReason)
  }

  /// Returns a server's sentence, safe for a terminal and cut to its maximum length.
  static func sentence(_ text: String) -> String {
    SafeText.line(text, limit: SafeText.maxSentence)
  }

  private static func headline(_ error: RPCError) -> String {
    if error.message.isEmpty { return "the call failed" }
    // Servers repeat the first violation in the message. All violations are listed below, and only
    // they name the properties.
    let message = error.message.prefix(maxMessageLength)
    if let first = error.violations.first, let colon = message.firstRange(of: ": "),
      (first.field + ".").hasPrefix(message[..<colon.lowerBound] + ".")
    {
      return "the input was rejected, \(ValueText.plural(error.violations.count, "violation"))"
    }
    return SafeText.line(error.message, limit: maxMessageLength)
  }

  /// Returns advice for errors that have a known remedy, otherwise nil.
  private static func hint(_ error: RPCError) -> String? {
    if let resource = error.resource, !resource.resourceName.isEmpty,
      error.code == .alreadyExists
    {
      return "the other record is \(sentence(resource.resourceName)); "
        + "look at it with `patron customers get --id ID`"
    }
    if let reason = error.reason, let hint = AccessHint.text(for: reason) { return hint }
    switch (error.code, error.reason) {
    case (_, PatronReason.identifierConflict):
      return "`patron customers merge` merges both records if they are one person; "
        + "`customers upsert --on-conflict keep-existing` leaves the identifier with its owner"
    case (_, let reason?) where reason.hasPrefix("PAGE_TOKEN"):
      return "start again without --page-token; a token is valid for one store and one request"
    case (.unavailable, _):
      return
        "check that patrond is running there; --address or PATRON_ADDRESS selects another server"
    case (.deadlineExceeded, _): return "allow more time with --timeout, as in --timeout 60s"
    case (.unimplemented, _):
      return
        "the server may run another version; `patron list SERVICE` shows the methods of this one"
    case (.failedPrecondition, PatronReason.addressErased):
      return "if the person came back, allow it with "
        + "`patron settings set --allow-recreate-after-erasure true`"
    case (.notFound, PatronReason.customerNotFound):
      return "find customers with `patron customers list --search TEXT`; check --store"
    case (.resourceExhausted, _) where error.retryDelay != nil:
      return "wait a moment and try again, or send less at once"
    default: return nil
    }
  }
}
