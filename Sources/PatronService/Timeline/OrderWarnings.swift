internal import PatronModel
internal import PatronProto
internal import ProtobufC

// What the caller of a sync should know of the order though it was taken over as it was given:
// parts that are gone, and figures that do not fit each other.

extension Order {
  /// Refunds and shipments that were known and are not given, and what those that are given lost: a
  /// sync of the whole order removes it, perhaps without meaning it.
  func removals(from old: Order) -> [Warning] {
    let refunds = Set(old.refunds.map(\.externalID)).subtracting(self.refunds.map(\.externalID))
    let shipments = Set(old.fulfillments.map(\.externalID))
      .subtracting(fulfillments.map(\.externalID))
    var warnings = [("refunds", refunds.count), ("fulfillments", shipments.count)]
      .filter { $0.1 > 0 }
      .map { list, count in
        Warning.partsRemoved(
          "order.\(list)",
          "\(count) that the order had \(count == 1 ? "is" : "are") not given, and so removed: "
            + "a sync gives the whole order. Give them too, or sync them again by themselves.")
      }
    guard !old.fulfillments.isEmpty else { return warnings }
    let known = Dictionary(
      old.fulfillments.map { ($0.externalID, $0) }, uniquingKeysWith: { first, _ in first })
    for (index, shipment) in fulfillments.enumerated() {
      guard let before = known[shipment.externalID],
        let warning = shipment.removal(from: before, at: "order.fulfillments[\(index)]")
      else { continue }
      warnings.append(warning)
    }
    return warnings
  }

  /// Shipments that hold more pieces of a product, or of all, than the order has.
  func quantityWarning(_ field: String) -> Warning? {
    guard holdsMoreThanOrdered else { return nil }
    return .with {
      $0.reason = "QUANTITY_EXCEEDS_ORDER"
      $0.field = field
      $0.message =
        "The shipments that are not called off hold more pieces than were ordered. They are kept "
        + "so; check the quantities, and sync again with the right ones."
    }
  }

  private var holdsMoreThanOrdered: Bool {
    let holds = fulfillments.contains { !$0.items.isEmpty }
    // A position without a quantity does not say how many were ordered.
    guard holds, !lineItems.isEmpty, lineItems.allSatisfy({ $0.quantity > 0 }) else { return false }
    var left: [String: Int64] = [:]
    for line in lineItems { left[line.productID, default: 0] += Int64(line.quantity) }
    var leftInAll = left.values.reduce(0, +)
    for shipment in fulfillments where ![.cancelled, .error].contains(shipment.state) {
      for item in shipment.items {
        leftInAll -= Int64(item.quantity)
        if !item.productID.isEmpty { left[item.productID, default: 0] -= Int64(item.quantity) }
      }
    }
    return leftInAll < 0 || left.values.contains { $0 < 0 }
  }
}

extension Fulfillment {
  /// What the shipment had and has no more. A list of other items is a correction, and no loss.
  func removal(from old: Fulfillment, at field: String) -> Warning? {
    let lost = [
      ("items", items.isEmpty && !old.items.isEmpty),
      ("tracking_company", trackingCompany.isEmpty && !old.trackingCompany.isEmpty),
      ("tracking_number", trackingNumber.isEmpty && !old.trackingNumber.isEmpty),
      ("tracking_url", trackingURL.isEmpty && !old.trackingURL.isEmpty),
    ]
    .filter(\.1).map(\.0)
    if lost.isEmpty { return nil }
    return .partsRemoved(
      field,
      "The shipment had \(lost.joined(separator: ", ")), not given now and so removed: a shipment "
        + "that is known is replaced. Sync it again with them, if they still hold.")
  }
}

extension OrderDraft {
  /// More money went back than the order cost: mostly a slip of the decimal point.
  func refundWarning(_ field: String) -> Warning? {
    guard contribution.refundedMinor > snapshot.totalMinor else { return nil }
    return .with {
      $0.reason = "REFUND_EXCEEDS_TOTAL"
      $0.field = field
      $0.message =
        "The refunds of the order are more than its total. They are kept so; check the amounts, "
        + "which are in minor units, and sync again with the right ones."
    }
  }
}

extension Warning {
  fileprivate static func partsRemoved(_ field: String, _ message: String) -> Warning {
    .with {
      $0.reason = "ORDER_PARTS_REMOVED"
      $0.field = field
      $0.message = message
    }
  }
}
