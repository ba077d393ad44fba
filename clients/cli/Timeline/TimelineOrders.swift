import ArgumentParser
import PatronClient

struct TimelineOrders: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orders",
    abstract: "List the orders of a customer, show one order, or list parts without an order.",
    discussion: """
      EXAMPLES
        patron timeline orders --external-id 42
        patron timeline orders --email ada@example.com --all --output ndjson
        patron timeline orders --order-id 1001
        patron timeline orders --pending-parts
      """
  )

  @OptionGroup(title: "Customer") var customer: OptionalCustomer

  @Option(
    help: ArgumentHelp(
      "Show the order with this id in the shop instead of a list.",
      valueName: "id"
    )
  )
  var orderId: String?

  @Flag(help: "List refunds and shipments that arrived before their order, oldest first.")
  var pendingParts = false

  @OptionGroup var pages: PageFlags
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    let selected = [customer.reference != nil, orderId != nil, pendingParts].count { $0 }
    guard selected == 1 else {
      throw ValidationError(
        "Give exactly one of --id, --external-id, --email and --phone, or --order-id, or "
          + "--pending-parts."
      )
    }
  }

  func run() async throws {
    try await Session.run(global) { session in
      if let orderId {
        try await show(orderId, session)
      } else {
        try await list(session)
      }
    }
  }

  private func list(_ session: Session) async throws {
    var request = ListOrdersRequest.with {
      $0.storeID = session.storeID
      $0.customer = customer.reference
      $0.pendingParts = pendingParts
    }
    var collected = ListOrdersResponse()
    try await pages.forEachPage { token, size in
      request.pageToken = token
      request.pageSize = size
      let page = try await session.timed(TimelineService.listOrders.method) {
        try await session.client.timeline.listOrders(request, options: session.call)
      }
      if session.format == .ndjson {
        for order in page.orders { session.print(try session.json(order, pretty: false)) }
        for part in page.pendingParts { session.print(try session.json(part, pretty: false)) }
      } else {
        collected.orders += page.orders
        collected.pendingParts += page.pendingParts
      }
      collected.nextPageToken = page.nextPageToken
      return (page.orders.count + page.pendingParts.count, page.nextPageToken)
    }
    if session.format != .ndjson {
      let answer = collected
      try session.print(answer) { text(answer, session) }
    }
    if !collected.nextPageToken.isEmpty, session.format != .json {
      session.remarkMore(collected.nextPageToken)
    }
  }

  private func text(_ collected: ListOrdersResponse, _ session: Session) -> String {
    let width = session.environment.columns
    if pendingParts {
      return OrderText.table(waiting: collected.pendingParts, width: width, style: session.style)
    }
    if collected.orders.isEmpty { return "no orders\n" }
    return OrderText.table(collected.orders, width: width, style: session.style)
  }

  private func show(_ orderId: String, _ session: Session) async throws {
    var request = GetOrderRequest.with {
      $0.storeID = session.storeID
      $0.order = .externalID(orderId)
    }
    var response = try await session.timed(TimelineService.getOrder.method) {
      try await session.client.timeline.getOrder(request, options: session.call)
    }
    while !response.nextPartToken.isEmpty {
      request.partToken = response.nextPartToken
      let part = try await session.timed(TimelineService.getOrder.method) {
        try await session.client.timeline.getOrder(request, options: session.call)
      }
      response.take(part)
    }
    try session.print(response) {
      OrderText.card(
        response,
        width: session.environment.columns,
        style: session.style
      )
    }
  }
}

extension GetOrderResponse {
  /// Appends the next part of an order that is too large for one response.
  fileprivate mutating func take(_ part: GetOrderResponse) {
    nextPartToken = part.nextPartToken
    guard let more = part.order else { return }
    order?.lineItems += more.lineItems
    order?.refunds += more.refunds
    order?.fulfillments += more.fulfillments
    order?.isPartial = !nextPartToken.isEmpty
  }
}
