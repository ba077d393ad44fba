import ArgumentParser
import PatronClient

/// Names one event by Patron's id, or by the identifiers of its caller.
struct EventSelector: ParsableArguments {
  @Option(help: "Patron's id of the event.")
  var id: Int64?

  @Option(
    help: ArgumentHelp("The identifier that its caller gave; needs --source.", valueName: "id")
  )
  var eventId: String?

  @Option(
    help: ArgumentHelp(
      "Where it comes from: \(EnumArgument.names(EventSource.self)).",
      valueName: "source"
    ),
    completion: EnumArgument.list(EventSource.self),
    transform: { try EnumArgument.parse($0, as: EventSource.self) }
  )
  var source: EventSource?

  @Option(help: ArgumentHelp("The application.", valueName: "name"))
  var sourceName: String?

  func validate() throws {
    guard (id == nil) != (eventId == nil) else {
      throw ValidationError("Name the event by exactly one of --id and --event-id.")
    }
    guard eventId == nil || source != nil else {
      throw ValidationError("--event-id needs --source, and --source-name where there is one.")
    }
  }

  /// The caller's identifiers.
  var key: EventKey {
    .with {
      $0.source = source ?? .unspecified
      $0.sourceName = sourceName ?? ""
      $0.eventID = eventId ?? ""
    }
  }
}
