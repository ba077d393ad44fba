import PatronClient

/// Orders on one line.
enum OrderText {
  /// Formats statistics: `6 orders, 156.46 USD, refunded 10.00 USD, net 146.46 USD, 1997-01-02 to
  /// 1998-05-28`.
  static func summary(_ stats: OrderStats) -> String {
    var parts = [
      ValueText.plural(stats.orderCount, "order"),
      ValueText.money(stats.totalSpent, stats.currencyCode),
    ]
    if stats.refundedTotal != 0 {
      parts.append("refunded \(ValueText.money(stats.refundedTotal, stats.currencyCode))")
      parts.append("net \(ValueText.money(stats.netSpent, stats.currencyCode))")
    }
    if stats.cancelledCount != 0 {
      parts.append("\(ValueText.count(stats.cancelledCount)) cancelled")
    }
    let (first, last) = (ValueText.day(stats.firstOrderAt), ValueText.day(stats.lastOrderAt))
    if !first.isEmpty { parts.append(first == last ? first : "\(first) to \(last)") }
    return parts.joined(separator: ", ")
  }

  /// Returns the states of cancellation, payment and delivery.
  static func state(_ order: Order) -> String {
    var parts = [String]()
    if order.cancellation != nil { parts.append("cancelled") }
    if order.paymentStatus != .unspecified {
      parts.append(ValueText.enumeration(order.paymentStatus))
    }
    if order.fulfillmentStatus != .unspecified {
      parts.append(ValueText.enumeration(order.fulfillmentStatus))
    }
    return parts.joined(separator: ", ")
  }

  /// Returns the order number that the customer sees, or the external id.
  static func name(_ order: Order) -> String {
    order.name ?? order.externalID
  }

  /// Describes an order that was just written.
  static func synced(_ response: SyncOrderResponse, style: Style) -> String {
    var text = CustomerText.outcome(response.outcome, style)
    if let order = response.order {
      text +=
        "  order \(SafeText.line(name(order)))  \(ValueText.money(order.total))"
        + "  \(ValueText.day(order.placedAt))"
      text += style.dim("  customer \(order.customerID)")
    }
    if response.customerCreated { text += style.green(" (new)") }
    text += "\n"
    for event in response.derivedEvents {
      text += style.dim("  event: \(SafeText.line(event.type))") + "\n"
    }
    return text + CustomerText.warnings(response.warnings, style)
  }
}

// MARK: lists and cards

extension OrderText {
  /// Returns a table, one order per row.
  static func table(_ orders: [Order], width: Int, style: Style) -> String {
    var table = TextTable([
      .init(title: "PLACED"), .init(title: "ORDER", least: 8), .init(title: "ID"),
      .init(title: "TOTAL", right: true), .init(title: "REFUNDED", right: true),
      .init(title: "STATE", least: 10), .init(title: "AUTHOR", least: 8),
    ])
    for order in orders {
      table.add([
        ValueText.day(order.placedAt), name(order), String(order.id),
        ValueText.money(order.total), refunded(order), state(order),
        ValueText.shortAuthor(order.author),
      ])
    }
    return table.text(width: width, style: style)
  }

  /// Returns a table of refunds and shipments that arrived before their order.
  static func table(waiting parts: [PendingOrderPart], width: Int, style: Style) -> String {
    if parts.isEmpty { return "no refunds or shipments wait for their order\n" }
    var table = TextTable([
      .init(title: "RECEIVED"), .init(title: "ORDER", least: 8), .init(title: "PART"),
      .init(title: "ID", least: 8), .init(title: "AMOUNT", right: true), .init(title: "UNTIL"),
    ])
    for part in parts {
      let (kind, id, amount): (String, String, String) =
        switch part.part {
        case .refund(let refund): ("refund", refund.externalID, ValueText.money(refund.amount))
        case .fulfillment(let shipment): ("shipment", shipment.externalID, "")
        case nil: ("", "", "")
        }
      table.add([
        ValueText.day(part.receivedAt), part.orderExternalID, kind, id, amount,
        ValueText.day(part.expiresAt),
      ])
    }
    return table.text(width: width, style: style)
  }

  /// Returns all fields of one order and its events.
  static func card(_ response: GetOrderResponse, width: Int, style: Style) -> String {
    guard let order = response.order else { return "no order\n" }
    var lines: [(label: String, value: String)] = [
      ("id", String(order.id)), ("external id", order.externalID), ("name", name(order)),
      ("customer", String(order.customerID)), ("placed", ValueText.minute(order.placedAt)),
      ("total", ValueText.money(order.total)), ("refunded", refunded(order)),
      ("state", state(order)), ("checkout", order.checkoutToken ?? ""),
      ("sales channel", order.salesChannel ?? ""), ("payment", order.paymentMethod ?? ""),
      ("discounts", order.discountCodes.joined(separator: ", ")),
      ("author", ValueText.author(order.author)),
    ]
    lines += order.lineItems.map { item in
      let name = item.name.isEmpty ? item.productID : item.name
      return (
        "item",
        ["\(item.quantity) ×", name, ValueText.money(item.total)].filter { !$0.isEmpty }
          .joined(separator: " ")
      )
    }
    lines += order.refunds.map { refund in
      let parts = [
        refund.externalID, ValueText.money(refund.amount), ValueText.day(refund.refundedAt),
        refund.reason,
      ]
      return ("refund", parts.filter { !$0.isEmpty }.joined(separator: ", "))
    }
    lines += order.fulfillments.map { ("shipment", Self.shipment($0)) }
    var text = CustomerText.card(lines, width: width, style: style)
    if !response.events.isEmpty {
      var timeline = TimelineText(width: width, style: style)
      text += "\n" + style.bold("Events") + "\n" + timeline.events(response.events)
    }
    return text
  }

  private static func shipment(_ shipment: Fulfillment) -> String {
    let items = shipment.items.map { item in
      let named = [item.lineItemID, item.productID, item.variantID].filter { !$0.isEmpty }
      return "\(item.quantity) × \(named.joined(separator: " "))"
    }
    // An unspecified state counts as success, the usual state.
    let isUsual = shipment.state == .unspecified || shipment.state == .success
    let parts = [
      shipment.externalID, ValueText.day(shipment.fulfilledAt),
      isUsual ? "" : ValueText.enumeration(shipment.state),
      shipment.shipmentStatus == .unspecified ? "" : ValueText.enumeration(shipment.shipmentStatus),
      items.isEmpty ? "all remaining items" : items.joined(separator: " + "),
      shipment.trackingCompany, shipment.trackingNumber,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private static func refunded(_ order: Order) -> String {
    guard let currency = order.total?.currencyCode, !order.refunds.isEmpty else { return "" }
    return ValueText.money(
      order.refunds.reduce(0) { $0 &+ ($1.amount?.minorUnits ?? 0) },
      currency
    )
  }

  /// Describes a part of an order that was just written.
  static func part(
    _ outcome: Outcome,
    _ order: Order?,
    _ events: [Event],
    _ warnings: [Warning],
    style: Style
  ) -> String {
    var response = SyncOrderResponse()
    response.outcome = outcome
    response.order = order
    response.derivedEvents = events
    response.warnings = warnings
    return synced(response, style: style)
  }
}
