import PatronClient

/// Errors in plain words: a line for what is wrong, one for each violation, one for what to do.
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
    for violation in violations.prefix(mostViolations) {
      let path = sentence(violation.field)
      let field = path.isEmpty ? "" : style.bold(path) + ": "
      let name = Self.reason(violation.reason)
      let reason = name.isEmpty ? "" : " " + style.dim("(\(name))")
      lines.append("  \(field)\(sentence(violation.description))\(reason)")
    }
    if violations.count > mostViolations {
      lines.append("  and \(ValueText.count(violations.count - mostViolations)) more")
    }
    if let hint = hint(error) { lines.append("\(style.cyan("hint:")) \(hint)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Violations that are shown.
  private static let mostViolations = 50
  /// Characters of a message that are shown: room for several sentences.
  private static let longestMessage = 2000

  /// The stable name of a reason, as a server wrote it.
  static func reason(_ text: String) -> String {
    SafeText.line(text, limit: SafeText.maxReason)
  }

  /// A sentence, as a server wrote it.
  static func sentence(_ text: String) -> String {
    SafeText.line(text, limit: SafeText.maxSentence)
  }

  private static func headline(_ error: RPCError) -> String {
    if error.message.isEmpty { return "the call failed" }
    // Servers repeat the violations in the message, which are shown below one by one.
    // The names of properties are only in the violations.
    let message = error.message.prefix(longestMessage)
    if let first = error.violations.first, let colon = message.firstRange(of: ": "),
      (first.field + ".").hasPrefix(message[..<colon.lowerBound] + ".")
    {
      return "the input was rejected, \(ValueText.plural(error.violations.count, "violation"))"
    }
    return SafeText.line(error.message, limit: longestMessage)
  }

  /// What to do, where that is known.
  private static func hint(_ error: RPCError) -> String? {
    if let resource = error.resource, !resource.resourceName.isEmpty,
      error.code == .alreadyExists
    {
      return "the other record is \(sentence(resource.resourceName)); "
        + "look at it with `patron customers get --id ID`"
    }
    switch (error.code, error.reason) {
    case (_, PatronReason.identifierConflict):
      return "`patron customers merge` joins the two, if they are one person; "
        + "`customers upsert --on-conflict keep-existing` leaves the identifier with its owner"
    case (_, let reason?) where reason.hasPrefix("PAGE_TOKEN"):
      return "start again without --page-token; a token belongs to one store and one search"
    case (.unavailable, _):
      return "check that patrond runs there; --address or PATRON_ADDRESS names another server"
    case (.deadlineExceeded, _): return "allow more time with --timeout, as in --timeout 60s"
    case (.unimplemented, _):
      return "`patron list SERVICE` shows the methods of this version; the server may be another"
    case (.failedPrecondition, PatronReason.addressErased):
      return "where the person came back: "
        + "`patron settings set --allow-recreate-after-erasure true`"
    case (.notFound, PatronReason.customerNotFound):
      return "find customers with `patron customers list --search TEXT`; check --store"
    case (.resourceExhausted, PatronReason.pendingPartsTooMany): return nil
    case (.resourceExhausted, _): return "wait a moment and try again, or send less at once"
    default: return nil
    }
  }
}
