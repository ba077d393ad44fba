import ArgumentParser
import PatronClient

struct TimelineMoveOrder: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move-order",
    abstract: "Move an order and its events to another customer.",
    discussion: """
      The statistics of both customers are recomputed. Changes that the order made to the record \
      of its former customer stay. The command also moves orders that an unmerge left behind.

      EXAMPLES
        patron timeline move-order --order-id 1001 --external-id 42
        patron timeline move-order --order-id 1001 --email ada@example.com
      """
  )

  @Option(help: ArgumentHelp("The shop's identifier of the order.", valueName: "id"))
  var orderId: String

  @OptionGroup(title: "New customer") var customer: CustomerSelector
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let request = MoveOrderRequest.with {
        $0.storeID = session.storeID
        $0.order = .with { $0.ref = .externalID(orderId) }
        $0.customer = customer.reference
      }
      let response = try await session.timed(TimelineService.moveOrder.method) {
        try await session.client.timeline.moveOrder(request, options: session.call)
      }
      try session.print(response) { Self.text(response, session.style) }
    }
  }

  private static func text(_ response: MoveOrderResponse, _ style: Style) -> String {
    let order = response.order ?? Order()
    var text = CustomerText.outcome(response.outcome, style)
    text += "  order \(SafeText.line(OrderText.name(order)))"
    text += style.dim("  customer \(order.customerID)")
    if response.outcome == .updated {
      text += style.dim(
        ", was \(response.previousCustomerID), \(ValueText.plural(response.eventCount, "event"))"
      )
    }
    return text + "\n"
  }
}
