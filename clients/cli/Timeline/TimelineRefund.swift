import ArgumentParser
import PatronClient

struct TimelineRefund: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refund",
    abstract: "Record a refund of an order.",
    discussion: """
      Recording the same --refund-id again replaces the refund. A paid order becomes partially \
      refunded or refunded. A refund of an unknown order waits for the order for up to 30 days; \
      `patron timeline orders --pending-parts` lists it.

      EXAMPLES
        patron timeline refund --order-id 1001 --refund-id r1 --amount 5.00 \\
          --currency USD --at 2024-05-31 --reason 'too small'
      """
  )

  @Option(help: ArgumentHelp("The shop's identifier of the order.", valueName: "id"))
  var orderId: String

  @Option(help: ArgumentHelp("The shop's identifier of the refund.", valueName: "id"))
  var refundId: String

  @Option(
    help: ArgumentHelp("The refunded amount: 12.34; requires --currency.", valueName: "decimal")
  )
  var amount: String

  @Option(help: ArgumentHelp("The order's currency, ISO 4217: USD.", valueName: "code"))
  var currency: String

  @Option(
    help: TimeArgument.help("When the refund was made"),
    transform: { try TimeArgument($0) }
  )
  var at: TimeArgument

  @Option(help: ArgumentHelp("Reason of the refund.", valueName: "text"))
  var reason: String?

  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    let money = try MoneyArgument.money(amount, currency: currency, flag: "--amount")
    try await Session.run(global, zone: times.timezone) { session in
      let time = try await session.reading { try $0.timestamp(at) }
      let request = SyncRefundRequest.with {
        $0.storeID = session.storeID
        $0.orderExternalID = orderId
        $0.refund = .with {
          $0.externalID = refundId
          $0.refundedAt = time
          $0.amount = money
          $0.reason = reason ?? ""
        }
      }
      let response = try await session.timed(TimelineService.syncRefund.method) {
        try await session.client.timeline.syncRefund(request, options: session.call)
      }
      try session.print(response) {
        OrderText.part(
          response.outcome,
          response.order,
          response.derivedEvents,
          response.warnings,
          style: session.style
        )
      }
    }
  }
}

struct TimelineFulfillment: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fulfillment",
    abstract: "Record a shipment of an order.",
    discussion: """
      Recording the same --fulfillment-id again replaces the shipment, including its tracking. \
      Without --item it keeps its items; a new shipment holds all remaining items. A shipment of \
      an unknown order waits for the order for up to 30 days.

      EXAMPLES
        patron timeline fulfillment --order-id 1001 --fulfillment-id f1 \\
          --at 2024-05-31 --item p1=2 \\
          --tracking-company UPS --tracking-number 1Z999
        patron timeline fulfillment --order-id 1001 --fulfillment-id f1 \\
          --at 2024-05-31 --shipment-status delivered \\
          --occurred-at 2024-06-02T14:10Z \\
          --tracking-company UPS --tracking-number 1Z999
      """
  )

  @Option(help: ArgumentHelp("The shop's identifier of the order.", valueName: "id"))
  var orderId: String

  @Option(help: ArgumentHelp("The shop's identifier of the shipment.", valueName: "id"))
  var fulfillmentId: String

  @Option(
    help: TimeArgument.help("When"),
    transform: { try TimeArgument($0) }
  )
  var at: TimeArgument

  @Option(
    help: ArgumentHelp("State: \(EnumArgument.names(FulfillmentState.self)).", valueName: "state"),
    completion: EnumArgument.list(FulfillmentState.self),
    transform: { try EnumArgument.parse($0, as: FulfillmentState.self) }
  )
  var state: FulfillmentState?

  @Option(
    help: ArgumentHelp(
      "Shipment status: \(EnumArgument.names(ShipmentStatus.self)).",
      valueName: "status"
    ),
    completion: EnumArgument.list(ShipmentStatus.self),
    transform: { try EnumArgument.parse($0, as: ShipmentStatus.self) }
  )
  var shipmentStatus: ShipmentStatus?

  @Option(
    help: TimeArgument.help("When the shipment reached its status", "(default: now)"),
    transform: { try TimeArgument($0) }
  )
  var occurredAt: TimeArgument?

  @Option(help: ArgumentHelp("Name of the carrier.", valueName: "name"))
  var trackingCompany: String?

  @Option(help: ArgumentHelp("Tracking number.", valueName: "number"))
  var trackingNumber: String?

  @Option(help: ArgumentHelp("Tracking page.", valueName: "url"))
  var trackingUrl: String?

  @Option(
    name: .customLong("item"),
    help: ArgumentHelp(
      "An item of the shipment: p1=2, or product=p1,variant=v1,line=l1,qty=2. Repeatable.",
      valueName: "item"
    ),
    transform: { try ItemArgument.fulfilled($0) }
  )
  var items: [FulfilledItem] = []

  @OptionGroup(title: "Times") var times: TimeFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try await Session.run(global, zone: times.timezone) { session in
      let (time, statusTime) = try await session.reading {
        (try $0.timestamp(at), try $0.timestamp(occurredAt))
      }
      let request = SyncFulfillmentRequest.with {
        $0.storeID = session.storeID
        $0.orderExternalID = orderId
        $0.fulfillment = .with {
          $0.externalID = fulfillmentId
          $0.fulfilledAt = time
          $0.state = state ?? .unspecified
          $0.shipmentStatus = shipmentStatus ?? .unspecified
          $0.occurredAt = statusTime
          $0.trackingCompany = trackingCompany ?? ""
          $0.trackingNumber = trackingNumber ?? ""
          $0.trackingURL = trackingUrl ?? ""
          $0.items = items
        }
      }
      let response = try await session.timed(TimelineService.syncFulfillment.method) {
        try await session.client.timeline.syncFulfillment(request, options: session.call)
      }
      try session.print(response) {
        OrderText.part(
          response.outcome,
          response.order,
          response.derivedEvents,
          response.warnings,
          style: session.style
        )
      }
    }
  }
}
