import ArgumentParser
import PatronClient

struct TimelineDeleteOrder: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete-order",
    abstract: "Delete one order and the events that were derived from it.",
    discussion: """
      The customer's statistics are recomputed from the remaining orders. Changes that the order \
      made to the customer's record stay, as do events about the order from other sources. Watches \
      emit each deleted event. On a terminal the command asks first; elsewhere it requires --yes.

      EXAMPLES
        patron timeline delete-order --order-id 1001
        patron timeline delete-order --order-id test-7 --yes
      """
  )

  @Option(help: ArgumentHelp("The shop's identifier of the order.", valueName: "id"))
  var orderId: String

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
    let question = "Delete the order \(SafeText.line(orderId))? This cannot be undone."
    try Confirmation.require(question, given: yes)
    try await Session.run(global) { session in
      let request = DeleteOrderRequest.with {
        $0.storeID = session.storeID
        $0.order = .with { $0.ref = .externalID(orderId) }
        $0.requestID = requestId ?? RequestID.make()
      }
      let response = try await session.timed(TimelineService.deleteOrder.method) {
        try await session.client.timeline.deleteOrder(request, options: session.call)
      }
      try session.print(response) {
        "deleted  order \(SafeText.line(orderId)) of customer \(response.customerID), "
          + "\(ValueText.plural(response.eventCount, "event"))\n"
      }
    }
  }
}
