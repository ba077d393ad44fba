import ArgumentParser
import PatronClient

/// Lists the orders of one customer, or shows one.
struct TimelineOrders: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orders",
    abstract: "List the orders of one customer, show one, or list the parts that wait for theirs.",
    discussion: """
      EXAMPLES
        patron timeline orders --external-id 42
        patron timeline orders --email ada@example.com --all --output ndjson
        patron timeline orders --order-id 1001
        patron timeline orders --pending-parts
      """
  )

  @Option(help: "Patron's id of the customer.")
  var id: Int64?

  @Option(help: ArgumentHelp("The shop's identifier of the customer.", valueName: "id"))
  var externalId: String?

  @Option(help: ArgumentHelp("E-mail address.", valueName: "address"))
  var email: String?

  @Option(
    help: ArgumentHelp("Phone number; without `+` one of the store's country.", valueName: "number")
  )
  var phone: String?

  @Option(
    help: ArgumentHelp("Show this order of the shop instead of a list.", valueName: "id")
  )
  var orderId: String?

  @Flag(help: "List the refunds and shipments that came before their order, oldest first.")
  var pendingParts = false

  @Option(help: ArgumentHelp("How many, 1 or more.", valueName: "count"))
  var limit = 50

  @Flag(help: "All of them.")
  var all = false

  @Option(help: ArgumentHelp("Go on where another call ended.", valueName: "token"))
  var pageToken: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var references: [CustomerRef] {
    [
      id.map(CustomerRef.id), externalId.map(CustomerRef.externalID),
      email.map(CustomerRef.email), phone.map(CustomerRef.phoneNumber),
    ].compactMap { $0 }
  }

  func validate() throws {
    guard references.count + (orderId == nil ? 0 : 1) + (pendingParts ? 1 : 0) == 1 else {
      throw ValidationError(
        "Give exactly one of --id, --external-id, --email and --phone, or --order-id, or "
          + "--pending-parts."
      )
    }
    guard limit > 0 else { throw ValidationError("--limit is \(limit); expected 1 or more.") }
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
      $0.customer = references.first
      $0.pendingParts = pendingParts
      $0.pageToken = pageToken ?? ""
    }
    var collected = ListOrdersResponse()
    var rest = all ? Int.max : limit
    repeat {
      request.pageSize = Int32(min(rest, 100))
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
      rest -= page.orders.count + page.pendingParts.count
      request.pageToken = page.nextPageToken
    } while rest > 0 && !request.pageToken.isEmpty
    collected.nextPageToken = request.pageToken
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
  /// Adds the next part of an order that is larger than an answer holds.
  fileprivate mutating func take(_ part: GetOrderResponse) {
    nextPartToken = part.nextPartToken
    guard let more = part.order else { return }
    order?.lineItems += more.lineItems
    order?.refunds += more.refunds
    order?.fulfillments += more.fulfillments
    order?.isPartial = !nextPartToken.isEmpty
  }
}
