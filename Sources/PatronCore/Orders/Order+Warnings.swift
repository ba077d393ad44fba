internal import PatronModel
package import PatronProto
internal import ProtobufC

// Warnings for the caller of a sync about an order that was taken as given: parts that are gone,
// and amounts or quantities that do not fit each other.

extension Order {
  /// Returns warnings about known refunds and shipments that are gone, and about values that the
  /// remaining shipments lost: a given list replaces the earlier list, perhaps without the caller
  /// meaning it.
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
            + "a list replaces the one before. Give them too, or sync them again by themselves."
        )
      }
    guard !old.fulfillments.isEmpty else { return warnings }
    let known = Dictionary(
      old.fulfillments.map { ($0.externalID, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    for (index, shipment) in fulfillments.enumerated() {
      guard let before = known[shipment.externalID],
        let warning = shipment.removal(from: before, at: "order.fulfillments[\(index)]")
      else { continue }
      warnings.append(warning)
    }
    return warnings
  }

  /// Returns a warning if the shipments hold more pieces of a product, or of all, than the order
  /// has.
  func quantityWarning(_ field: String) -> Warning? {
    guard OrderPositions(self).areExceeded(by: fulfillments) else { return nil }
    return .with {
      $0.reason = "QUANTITY_EXCEEDS_ORDER"
      $0.field = field
      $0.message =
        "The shipments that are not called off hold more pieces than were ordered. They are kept "
        + "so; check the quantities, and sync again with the right ones."
    }
  }
}

extension Fulfillment {
  /// Returns a warning about values that the shipment had and has no more. A list of other items is
  /// a correction, not a loss.
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
        + "that is known is replaced. Sync it again with them, if they still hold."
    )
  }
}

extension OrderDraft {
  /// Returns a warning if more money went back than the order cost, which is mostly a slip of the
  /// decimal point.
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
  /// Warns of a state that is older than the stored state.
  static func outdated(_ field: String, _ what: String) -> Warning {
    .with {
      $0.reason = "ORDER_STATE_OUTDATED"
      $0.field = field
      $0.message = "\(what) is older than the one that is stored, and changed nothing."
    }
  }

  /// Warns of money or parts that were kept because the state that would take them back is not
  /// known to be newer.
  static func regressionKept(_ field: String, _ what: String) -> Warning {
    .with {
      $0.reason = "ORDER_REGRESSION_KEPT"
      $0.field = field
      $0.message =
        "\(what), which was kept: nothing says that this state is newer. Give updated_at or "
        + "version, or set allow_regress."
    }
  }

  /// Warns of an order that moved to another customer.
  package static func moved(from customerID: Int64, to other: Int64) -> Warning {
    .with {
      $0.reason = "ORDER_MOVED"
      $0.field = "customer"
      $0.message =
        "The order was that of customer \(customerID); it and its events went to customer "
        + "\(other), whom this state names."
    }
  }

  /// Warns of an order whose amounts changed their currency.
  static func currencyCorrected(from code: String, to other: String) -> Warning {
    .with {
      $0.reason = "ORDER_CURRENCY_CORRECTED"
      $0.field = "order.total.currency_code"
      $0.message =
        "The order was known in \(code) and is in \(other) now; amounts in \(code) that were not "
        + "given again are left out."
    }
  }

  /// Reports a part that waits for its order.
  static func awaited(_ field: String) -> Warning {
    .with {
      $0.reason = "ORDER_AWAITED"
      $0.field = field
      $0.message =
        "No order of this store has that identifier yet. The part waits for it for up to 30 days "
        + "and is applied when it comes."
    }
  }

  /// Warns of a waiting part that was dropped because it does not fit its order.
  static func partDropped(_ field: String, _ id: String, _ reason: String) -> Warning {
    .with {
      $0.reason = "PENDING_PART_DROPPED"
      $0.field = field
      $0.message =
        "\(id) waited for this order and does not fit it (\(reason)), so it was dropped. Sync it "
        + "again as it should be."
    }
  }

  fileprivate static func partsRemoved(_ field: String, _ message: String) -> Warning {
    .with {
      $0.reason = "ORDER_PARTS_REMOVED"
      $0.field = field
      $0.message = message
    }
  }
}
