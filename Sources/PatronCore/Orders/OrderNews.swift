internal import PatronModel
package import PatronProto
internal import PatronStore
internal import ProtobufC

/// The events of a change of an order. Each transition has its event once. A change without an
/// event of its own, because its transition has none or was emitted before, is emitted as
/// `order_updated` with the names of the fields. So the last event of an order fits its state.
struct OrderNews {
  let order: Order
  /// The order before the change; nil for a new order.
  let old: Order?
  let snapshot: OrderSnapshot
  /// Fields of the customer that a new order set.
  let enrichedFields: [String]
  /// The number of a new order among the customer's orders, from 1; nil if it cannot be known.
  let number: Int64?
  /// True if the contribution of a known order to the statistics changed.
  let changesStatistics: Bool

  /// The fields from which the statistics are computed.
  private static let statistics: Set<String> = [
    "placed_at", "total", "payment_status", "cancellation", "refunds",
  ]

  /// Puts the events on the timeline, and returns them oldest first.
  func emit(in timeline: inout TimelineWriter) throws -> [Event] {
    var unemitted = old.map { order.changes(from: $0) } ?? []
    let derived = OrderEvents.derive(
      from: old.map(OrderSnapshot.init(stored:)),
      to: snapshot,
      observedAt: timeline.now
    )
    var events: [Event] = []
    for transition in derived {
      var event = Event(transition, of: order)
      if transition.kind == .placed {
        event.enrichedFields = enrichedFields
        if let number {
          event.properties["order_number_for_customer"] = .number(number)
          event.properties["first_order"] = .flag(number == 1)
        }
      }
      let stored: Event?
      if transition.dedupKey == nil {
        stored = try timeline.addNumbered(event)
      } else {
        stored = try timeline.emit(event, replaces: transition.replaces)
      }
      guard let stored else { continue }
      events.append(stored)
      unemitted.removeAll(where: transition.kind.coveredFields.contains)
    }
    if !unemitted.isEmpty {
      let updated = OrderEvents.updated(snapshot, changes: unemitted, observedAt: timeline.now)
      events.append(
        try timeline.addNumbered(
          Event(updated, of: order),
          changesOrderStats: changesStatistics && !Self.statistics.isDisjoint(with: unemitted)
        )
      )
    }
    return events
  }
}

extension Order {
  /// Returns the names of the fields whose meaning changed, in the order of the contract. A status
  /// that adds nothing to the meaning before is not a change.
  fileprivate func changes(from old: Order) -> [String] {
    let (new, before) = (OrderSnapshot(stored: self), OrderSnapshot(stored: old))
    let fields: [(String, Bool)] = [
      ("name", name != old.name), ("placed_at", placedAt != old.placedAt),
      ("total", total != old.total), ("payment_status", new.payment != before.payment),
      ("fulfillment_status", new.delivered != before.delivered),
      ("cancellation", cancellation != old.cancellation),
      ("line_items", lineItems != old.lineItems), ("refunds", refunds != old.refunds),
      ("fulfillments", fulfillments != old.fulfillments), ("subtotal", subtotal != old.subtotal),
      ("discount", discount != old.discount), ("shipping", shipping != old.shipping),
      ("tax", tax != old.tax), ("discount_codes", discountCodes != old.discountCodes),
      ("checkout_token", checkoutToken != old.checkoutToken),
      ("payment_method", paymentMethod != old.paymentMethod),
      ("landing_site_url", landingSiteURL != old.landingSiteURL),
      ("sales_channel", salesChannel != old.salesChannel),
      ("shipping_address", shippingAddress != old.shippingAddress),
      ("billing_address", billingAddress != old.billingAddress), ("paid_at", paidAt != old.paidAt),
    ]
    return fields.filter(\.1).map(\.0)
  }
}

// MARK: - Events

extension Event {
  /// Makes the event that a change of an order derives, with the values of the order.
  fileprivate init(_ derived: DerivedEvent, of order: Order) {
    self.init()
    if let key = derived.dedupKey { eventID = EventCheck.reservedPrefix + key }
    source = .ecommerce
    type = derived.type
    title = EventCatalogue.type(derived.type, of: .ecommerce)?.label ?? derived.type
    occurredAt = .init(micros: derived.occurredAt)
    orderID = order.id
    actor = derived.kind == .placed ? .customer : .platform
    references = .with { $0.orderExternalID = order.externalID }
    amount = derived.amountMinor.map { minor in
      .with {
        $0.currencyCode = order.total?.currencyCode ?? ""
        $0.minorUnits = minor
      }
    }
    properties["order_name"] = .text(order.name ?? order.externalID)
    if let reason = derived.reason { note("reason", reason) }
    switch derived.kind {
    case .placed: notePlaced(order)
    case .paid:
      note("payment_method", order.paymentMethod ?? "")
      note("payment_status", EnumWord.of(order.paymentStatus.word))
    case .cancelled: properties["cancellation_date"] = .time(derived.occurredAt)
    case .arrived: properties["delivered_at"] = .time(derived.occurredAt)
    case .refunded:
      if let refundID = derived.refundID { note("refund_id", refundID) }
      if let isFull = derived.isFull { properties["full"] = .flag(isFull) }
      note("payment_status", EnumWord.of(order.paymentStatus.word))
    case .partiallyFulfilled, .fulfilled, .shipmentChanged: noteShipment(derived, of: order)
    case .updated: noteChanges(derived.changes, of: order)
    }
  }

  private mutating func noteChanges(_ changes: [String], of order: Order) {
    note("changes", changes.joined(separator: ","))
    if changes.contains("payment_status") {
      note("payment_status", EnumWord.of(order.paymentStatus.word))
    }
    if changes.contains("fulfillment_status") {
      note("fulfillment_status", EnumWord.of(order.fulfillmentStatus.word))
    }
  }

  private mutating func notePlaced(_ order: Order) {
    references?.checkoutToken = order.checkoutToken ?? ""
    note("payment_status", EnumWord.of(order.paymentStatus.word))
    note("discount_codes", order.discountCodes.joined(separator: ","))
    guard !order.lineItems.isEmpty else { return }
    let pieces = order.lineItems.reduce(Int64(0)) { $0 + Int64($1.quantity) }
    properties["item_count"] = .number(pieces)
    properties["line_item_count"] = .number(Int64(order.lineItems.count))
    note("line_items", ItemText.of(order.lineItems))
  }

  private mutating func noteShipment(_ derived: DerivedEvent, of order: Order) {
    guard let id = derived.shipmentID,
      let shipment = order.fulfillments.first(where: { $0.externalID == id })
    else { return }
    note("fulfillment_id", id)
    note("items", ItemText.of(shipment.items, from: order))
    note("tracking_company", shipment.trackingCompany)
    note("tracking_number", shipment.trackingNumber)
    note("tracking_url", shipment.trackingURL)
    guard let progress = derived.progress else { return }
    if let before = derived.progressBefore { note("from", ShipmentStatus(before).word) }
    note("to", ShipmentStatus(progress).word)
  }

  /// Sets a property, unless `text` is empty.
  package mutating func note(_ name: String, _ text: String) {
    if !text.isEmpty { properties[name] = .text(text) }
  }
}

extension ShipmentStatus {
  fileprivate init(_ progress: ShipmentProgress) {
    self.init(rawValue: Int32(progress.rawValue))
  }
}

/// The positions in one line for people: `2 × Mug, Cup`.
enum ItemText {
  /// Bytes after which no more positions are added; `…` stands for the others.
  private static let enoughBytes = 1024

  /// Returns the positions of an order or a basket.
  static func of(_ items: [LineItem]) -> String {
    joined(items.lazy.map { (label($0), $0.quantity) })
  }

  /// Returns the content of a shipment, by the names that the order has for its positions.
  static func of(_ items: [FulfilledItem], from order: Order) -> String {
    if items.isEmpty { return "" }
    let positions = OrderPositions(order)
    return joined(
      items.lazy.map { (positions.line(of: $0).map(label) ?? $0.productID, $0.quantity) }
    )
  }

  private static func label(_ item: LineItem) -> String {
    item.name.isEmpty ? item.productID.isEmpty ? item.sku : item.productID : item.name
  }

  private static func joined(_ items: some Sequence<(String, Int32)>) -> String {
    var text = ""
    for (label, quantity) in items where !label.isEmpty {
      if !text.isEmpty { text += ", " }
      if text.utf8.count >= enoughBytes { return text + "…" }
      if quantity > 1 { text += "\(quantity) × " }
      text += label
    }
    return text
  }
}

extension PatronProto.PropertyValue {
  package static func text(_ text: String) -> PatronProto.PropertyValue {
    .with { $0.kind = .stringValue(text) }
  }

  fileprivate static func number(_ number: Int64) -> PatronProto.PropertyValue {
    .with { $0.kind = .int64Value(number) }
  }

  fileprivate static func flag(_ flag: Bool) -> PatronProto.PropertyValue {
    .with { $0.kind = .boolValue(flag) }
  }

  package static func time(_ micros: Int64) -> PatronProto.PropertyValue {
    .with { $0.kind = .timestampValue(.init(micros: micros)) }
  }
}
