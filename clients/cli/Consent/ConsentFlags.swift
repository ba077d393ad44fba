import ArgumentParser
import PatronClient

import enum PatronModel.TimeEnd

/// Who acts, as flags: customer, operator, platform or system.
struct ActingFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Who acts: \(EnumArgument.names(ActorKind.self)). (default: operator)",
      valueName: "actor"
    ),
    completion: EnumArgument.list(ActorKind.self),
    transform: { try EnumArgument.parse($0, as: ActorKind.self) }
  )
  var by: ActorKind?

  var actor: ActorKind { by ?? .operator }
}

/// Which channels, as flags.
struct ChannelFlags: ParsableArguments {
  @Option(
    name: .customLong("channel"),
    help: ArgumentHelp(
      "Which channels: \(EnumArgument.names(ContactChannel.self)), with commas; at least one.",
      valueName: "channel,..."
    ),
    completion: EnumArgument.list(ContactChannel.self),
    transform: { try EnumArgument.parseList($0, as: ContactChannel.self) }
  )
  var given: [[ContactChannel]] = []

  var channels: [ContactChannel] { given.flatMap { $0 } }

  func validate() throws {
    guard !channels.isEmpty else {
      throw ValidationError("Say which channel: --channel sms, --channel email, or sms,email.")
    }
  }
}

/// Which topics, as flags.
struct TopicFlags: ParsableArguments {
  @Option(
    name: .customLong("topic"),
    help: ArgumentHelp(
      "What about: \(EnumArgument.names(Topic.self)), with commas. (default: marketing)",
      valueName: "topic,..."
    ),
    completion: EnumArgument.list(Topic.self),
    transform: { try EnumArgument.parseList($0, as: Topic.self) }
  )
  var given: [[Topic]] = []

  var topics: [Topic] { given.flatMap { $0 } }
}

/// How it came about, as flags.
struct EvidenceFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where it was collected, 3 to 40 characters: welcome_popup.",
      valueName: "name"
    )
  )
  var source: String?

  @Option(
    help: TimeArgument.help(
      "When it happened",
      "Of a day, a month or a minute an agreement takes the beginning, an opt-out the end. "
        + "(default: now)"
    ),
    transform: { try TimeArgument($0) }
  )
  var at: TimeArgument?

  @Option(
    help: ArgumentHelp(
      "How it was collected: \(EnumArgument.names(ConsentMethod.self)).",
      valueName: "method"
    ),
    completion: EnumArgument.list(ConsentMethod.self),
    transform: { try EnumArgument.parse($0, as: ConsentMethod.self) }
  )
  var method: ConsentMethod?

  @Option(help: ArgumentHelp("The customer's IP address.", valueName: "address"))
  var ip: String?

  @Option(help: ArgumentHelp("The customer's browser.", valueName: "text"))
  var userAgent: String?

  @Option(help: ArgumentHelp("The page on which it happened.", valueName: "url"))
  var pageUrl: String?

  @Option(help: ArgumentHelp("The wording that the customer saw.", valueName: "text"))
  var wording: String?

  @Option(help: ArgumentHelp("Your name for that wording.", valueName: "name"))
  var wordingVersion: String?

  @Option(help: ArgumentHelp("Your id of the form.", valueName: "id"))
  var formId: String?

  @Option(help: ArgumentHelp("The country or law it falls under.", valueName: "name"))
  var jurisdiction: String?

  @Option(
    help: TimeArgument.help("When an agreement for a time only ends"),
    transform: { try TimeArgument($0) }
  )
  var expiresAt: TimeArgument?

  @Option(help: ArgumentHelp("Free text, up to 255 characters.", valueName: "text"))
  var note: String?

  /// What the request takes; nil when no flag was given. Opt-outs take the last instant of `--at`.
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
