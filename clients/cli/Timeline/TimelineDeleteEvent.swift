import ArgumentParser
import PatronClient

struct TimelineDeleteEvent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete-event",
    abstract: "Delete one recorded event.",
    discussion: """
      Summaries of reviews and loyalty, and the last activity, are recomputed from the remaining \
      events. Changes that the event made to the customer, consent and suppressions stay. Events \
      that Patron derived from an order or a change of the customer cannot be deleted. Watches \
      emit the deletion. On a terminal the command asks first; elsewhere it requires --yes.

      EXAMPLES
        patron timeline delete-event --id 7240193
        patron timeline delete-event --event-id t-17 --source third-party \\
          --source-name helpdesk --yes
      """
  )

  @OptionGroup(title: "Event") var event: EventSelector

  @Option(
    help: ArgumentHelp(
      "Request id, up to 64 characters: a repetition returns the first answer. (default: a new id)",
      valueName: "id"
    )
  )
  var requestId: String?

  @Flag(name: [.customShort("y"), .long], help: "Do not ask for confirmation.")
  var yes = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try Confirmation.require("Delete the event? This cannot be undone.", given: yes)
    try await Session.run(global) { session in
      let request = DeleteEventRequest.with {
        $0.storeID = session.storeID
        $0.event = event.id.map(DeleteEventRequest.Event.id) ?? .key(event.key)
        $0.requestID = requestId ?? RequestID.make()
      }
      let response = try await session.timed(TimelineService.deleteEvent.method) {
        try await session.client.timeline.deleteEvent(request, options: session.call)
      }
      try session.print(response) {
        "deleted  event \(response.eventID) of customer \(response.customerID)\n"
      }
    }
  }
}
