import ArgumentParser
import PatronClient

/// The flags that name one event, by its id in Patron or by the identifiers that its caller gave
/// it.
struct EventSelector: ParsableArguments {
  @Option(help: "Id of the event in Patron.")
  var id: Int64?

  @Option(
    help: ArgumentHelp("Id that the caller gave the event; requires --source.", valueName: "id")
  )
  var eventId: String?

  @Option(
    help: ArgumentHelp(
      "Source of the event: \(EnumArgument.names(EventSource.self)).",
      valueName: "source"
    ),
    completion: EnumArgument.list(EventSource.self),
    transform: { try EnumArgument.parse($0, as: EventSource.self) }
  )
  var source: EventSource?

  @Option(help: ArgumentHelp("Application that reported the event.", valueName: "name"))
  var sourceName: String?

  func validate() throws {
    guard (id == nil) != (eventId == nil) else {
      throw ValidationError("Name the event by exactly one of --id and --event-id.")
    }
    guard eventId == nil || source != nil else {
      throw ValidationError("--event-id requires --source, and --source-name if the event has one.")
    }
  }

  /// The identifiers that the caller gave the event.
  var key: EventKey {
    .with {
      $0.source = source ?? .unspecified
      $0.sourceName = sourceName ?? ""
      $0.eventID = eventId ?? ""
    }
  }
}
