import ArgumentParser
import PatronClient

/// Shows one event.
struct TimelineEvent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "event",
    abstract: "Show one event with the events and the order that belong to it.",
    discussion: """
      EXAMPLES
        patron timeline event --id 7240193
        patron timeline event --event-id t-17 --source third-party \\
          --source-name helpdesk
      """
  )

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

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard (id == nil) != (eventId == nil) else {
      throw ValidationError("Name the event by exactly one of --id and --event-id.")
    }
    guard eventId == nil || source != nil else {
      throw ValidationError("--event-id needs --source, and --source-name where there is one.")
    }
  }

  func run() async throws {
    try await Session.run(global) { session in
      let request = GetEventRequest.with {
        $0.storeID = session.storeID
        if let id {
          $0.event = .id(id)
        } else {
          $0.event = .key(
            .with {
              $0.source = source ?? .unspecified
              $0.sourceName = sourceName ?? ""
              $0.eventID = eventId ?? ""
            }
          )
        }
      }
      let response = try await session.timed(TimelineService.getEvent.method) {
        try await session.client.timeline.getEvent(request, options: session.call)
      }
      if session.format == .ndjson, let event = response.event {
        session.print(try session.json(event, pretty: false))
        return
      }
      try session.print(response) {
        EventText.card(
          response,
          width: session.environment.columns,
          style: session.style
        )
      }
    }
  }
}
