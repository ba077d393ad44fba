import ArgumentParser
import PatronClient

struct TimelineEvent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "event",
    abstract: "Show one event with its related events and its order.",
    discussion: """
      EXAMPLES
        patron timeline event --id 7240193
        patron timeline event --event-id t-17 --source third-party \\
          --source-name helpdesk
      """
  )

  @OptionGroup(title: "Event") var event: EventSelector
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let request = GetEventRequest.with {
        $0.storeID = session.storeID
        $0.event = event.id.map(GetEventRequest.Event.id) ?? .key(event.key)
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
