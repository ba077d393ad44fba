import ArgumentParser
import PatronClient

/// The flag that names the actor: customer, operator, platform or system.
struct ActingFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The actor: \(EnumArgument.names(ActorKind.self)). (default: operator)",
      valueName: "actor"
    ),
    completion: EnumArgument.list(ActorKind.self),
    transform: { try EnumArgument.parse($0, as: ActorKind.self) }
  )
  var by: ActorKind?

  var actor: ActorKind { by ?? .operator }
}

/// The flag that names channels; at least one is required.
struct ChannelFlags: ParsableArguments {
  @Option(
    name: .customLong("channel"),
    help: ArgumentHelp(
      "Channels, comma-separated: \(EnumArgument.names(ContactChannel.self)). Required.",
      valueName: "channel,..."
    ),
    completion: EnumArgument.list(ContactChannel.self),
    transform: { try EnumArgument.parseList($0, as: ContactChannel.self) }
  )
  var given: [[ContactChannel]] = []

  var channels: [ContactChannel] { given.flatMap { $0 } }

  func validate() throws {
    guard !channels.isEmpty else {
      throw ValidationError(
        "Name a channel: --channel sms, --channel email, or --channel sms,email."
      )
    }
  }
}

/// The flag that names topics; an empty list selects marketing.
struct TopicFlags: ParsableArguments {
  @Option(
    name: .customLong("topic"),
    help: ArgumentHelp(
      "Topics, comma-separated: \(EnumArgument.names(Topic.self)). (default: marketing)",
      valueName: "topic,..."
    ),
    completion: EnumArgument.list(Topic.self),
    transform: { try EnumArgument.parseList($0, as: Topic.self) }
  )
  var given: [[Topic]] = []

  var topics: [Topic] { given.flatMap { $0 } }
}
