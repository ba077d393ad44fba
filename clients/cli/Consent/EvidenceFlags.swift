import ArgumentParser
import PatronClient

import enum PatronModel.TimeEnd

struct EvidenceFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the consent was collected, 3 to 40 characters: welcome_popup.",
      valueName: "name"
    )
  )
  var source: String?

  @Option(
    help: TimeArgument.help(
      "When it happened",
      "A day, month or minute stands for its beginning in an agreement, for its end in an opt-out. "
        + "(default: now)"
    ),
    transform: { try TimeArgument($0) }
  )
  var at: TimeArgument?

  @Option(
    help: ArgumentHelp(
      "How the consent was collected: \(EnumArgument.names(ConsentMethod.self)).",
      valueName: "method"
    ),
    completion: EnumArgument.list(ConsentMethod.self),
    transform: { try EnumArgument.parse($0, as: ConsentMethod.self) }
  )
  var method: ConsentMethod?

  @Option(help: ArgumentHelp("The customer's IP address.", valueName: "address"))
  var ip: String?

  @Option(help: ArgumentHelp("The user agent of the customer's browser.", valueName: "text"))
  var userAgent: String?

  @Option(help: ArgumentHelp("The page on which the consent was collected.", valueName: "url"))
  var pageUrl: String?

  @Option(help: ArgumentHelp("The wording that the customer saw.", valueName: "text"))
  var wording: String?

  @Option(help: ArgumentHelp("Your version name of that wording.", valueName: "name"))
  var wordingVersion: String?

  @Option(help: ArgumentHelp("Your id of the form.", valueName: "id"))
  var formId: String?

  @Option(help: ArgumentHelp("The country or law that applies.", valueName: "name"))
  var jurisdiction: String?

  @Option(
    help: TimeArgument.help("When a temporary agreement ends"),
    transform: { try TimeArgument($0) }
  )
  var expiresAt: TimeArgument?

  @Option(help: ArgumentHelp("Free text, up to 255 characters.", valueName: "text"))
  var note: String?

  /// Returns the evidence, or nil if no flag was given. `end` is the end of an interval that `--at`
  /// stands for: the last one for opt-outs.
  func evidence(_ times: Times, _ end: TimeEnd = .first) throws -> ConsentEvidence? {
    let occurredAt = try times.timestamp(at, end)
    let expiresAt = try times.timestamp(expiresAt)
    let evidence = ConsentEvidence.with {
      $0.occurredAt = occurredAt
      $0.source = source ?? ""
      $0.method = method ?? .unspecified
      $0.ip = ip ?? ""
      $0.userAgent = userAgent ?? ""
      $0.pageURL = pageUrl ?? ""
      $0.consentText = wording ?? ""
      $0.consentTextVersion = wordingVersion ?? ""
      $0.formID = formId ?? ""
      $0.jurisdiction = jurisdiction ?? ""
      $0.expiresAt = expiresAt
      $0.note = note ?? ""
    }
    return evidence == ConsentEvidence() ? nil : evidence
  }
}
