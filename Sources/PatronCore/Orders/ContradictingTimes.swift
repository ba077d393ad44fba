package import PatronProto
internal import ProtobufC

/// The times of an order or a checkout that lie before its own time. They are kept as they were
/// given, with a warning `TIMES_CONTRADICT`: the timeline shows them at the given times.
enum ContradictingTimes {
  /// The tolerance for days without a time of day and for the clocks of several systems, in
  /// microseconds: a day.
  private static let slack: Int64 = 86_400 * 1_000_000

  /// Returns a warning if a time is more than a day before `start`.
  static func warning(
    _ field: String,
    _ time: GoogleProtobuf.Timestamp?,
    before start: GoogleProtobuf.Timestamp?,
    of what: String
  ) -> Warning? {
    guard let time, let start, time.micros < start.micros - slack else { return nil }
    return .with {
      $0.reason = "TIMES_CONTRADICT"
      $0.field = field
      $0.message =
        "The time is more than a day before \(what). It is kept so; check the year and the unit, "
        + "and sync again with the right one."
    }
  }
}

extension Order {
  /// Warnings about times before the order's own.
  var timeWarnings: [Warning] {
    var warnings: [Warning?] = []
    if let cancellation {
      warnings.append(
        warning("order.cancellation.cancelled_at", cancellation.cancelledAt)
      )
    }
    warnings.append(warning("order.paid_at", paidAt))
    for (index, refund) in refunds.enumerated() {
      warnings.append(warning("order.refunds[\(index)].refunded_at", refund.refundedAt))
    }
    for (index, shipment) in fulfillments.enumerated() {
      warnings.append(warning("order.fulfillments[\(index)].fulfilled_at", shipment.fulfilledAt))
    }
    return warnings.compactMap(\.self)
  }

  /// Returns a warning if the time of a part contradicts the order's.
  package func warning(_ field: String, _ time: GoogleProtobuf.Timestamp?) -> Warning? {
    ContradictingTimes.warning(field, time, before: placedAt, of: "the order was placed")
  }
}

extension Checkout {
  /// Warnings about times before the checkout's own.
  var timeWarnings: [Warning] {
    [("checkout.abandoned_at", abandonedAt), ("checkout.completed_at", completedAt)]
      .compactMap { field, time in
        ContradictingTimes.warning(field, time, before: startedAt, of: "the checkout began")
      }
  }
}
