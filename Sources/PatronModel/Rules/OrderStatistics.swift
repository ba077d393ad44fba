/// The contribution of an order to its customer's statistics.
package struct OrderContribution: Sendable, Hashable {
  /// The currency, an ISO 4217 code.
  package var currency: String
  /// The time at which the order was placed.
  package var placedAt: Micros
  /// The total, in minor units.
  package var totalMinor: Int64
  /// The refunded amount, in minor units.
  package var refundedMinor: Int64
  /// True if a refund of an unknown amount was made.
  package var hasUnknownRefund: Bool
  /// True if the order was cancelled. It then counts as cancelled, and its total does not count.
  /// Its refunds do.
  package var isCancelled: Bool
  /// True if its payment is open or was abandoned. It then counts as an order, but its total does
  /// not.
  package var isUnpaid: Bool

  package init(
    currency: String,
    placedAt: Micros,
    totalMinor: Int64,
    refundedMinor: Int64 = 0,
    hasUnknownRefund: Bool = false,
    isCancelled: Bool = false,
    isUnpaid: Bool = false
  ) {
    self.currency = currency
    self.placedAt = placedAt
    self.totalMinor = totalMinor
    self.refundedMinor = refundedMinor
    self.hasUnknownRefund = hasUnknownRefund
    self.isCancelled = isCancelled
    self.isUnpaid = isUnpaid
  }

  /// True if its total counts as spent.
  var countsAsSpent: Bool { !isCancelled && !isUnpaid }

  /// Makes the contribution of `order`. Throws `AMOUNT_OUT_OF_RANGE` if the sum of its refunds
  /// overflows.
  package init(of order: OrderSnapshot) throws(RuleError) {
    self.init(
      currency: order.currency,
      placedAt: order.placedAt,
      totalMinor: order.totalMinor,
      refundedMinor: try order.refundedMinor(),
      hasUnknownRefund: order.payment == .partiallyRefunded && order.refunds.isEmpty,
      isCancelled: order.cancelledAt != nil,
      isUnpaid: !(order.payment?.countsAsSpent ?? true)
    )
  }
}

/// The statistics of a customer's orders in one currency.
package struct OrderStatistics: Sendable, Hashable {
  /// Orders that are not cancelled, including orders without value.
  package var orderCount: Int64
  /// The sum of the totals that count as spent, in minor units. Refunds are not subtracted.
  package var totalSpentMinor: Int64
  /// The sum of the refunds of all orders, in minor units.
  package var refundedMinor: Int64
  /// The total spent minus the refunds of the same orders, in minor units.
  package var netSpentMinor: Int64
  /// Orders with a refund of an unknown amount.
  package var unknownRefundCount: Int64
  /// Orders that are cancelled.
  package var cancelledCount: Int64
  /// The time of the earliest order that is not cancelled; nil if there is none.
  package var firstOrderAt: Micros?
  /// The time of the latest order that is not cancelled; nil if there is none.
  package var lastOrderAt: Micros?

  /// Makes statistics; without arguments those of a customer who never ordered.
  package init(
    orderCount: Int64 = 0,
    totalSpentMinor: Int64 = 0,
    refundedMinor: Int64 = 0,
    netSpentMinor: Int64 = 0,
    unknownRefundCount: Int64 = 0,
    cancelledCount: Int64 = 0,
    firstOrderAt: Micros? = nil,
    lastOrderAt: Micros? = nil
  ) {
    self.orderCount = orderCount
    self.totalSpentMinor = totalSpentMinor
    self.refundedMinor = refundedMinor
    self.netSpentMinor = netSpentMinor
    self.unknownRefundCount = unknownRefundCount
    self.cancelledCount = cancelledCount
    self.firstOrderAt = firstOrderAt
    self.lastOrderAt = lastOrderAt
  }

  /// True if there are no orders behind the statistics.
  package var isEmpty: Bool { orderCount == 0 && cancelledCount == 0 }
}

/// The statistics of a customer's orders, by currency.
package struct CustomerOrderStatistics: Sendable, Hashable {
  /// Statistics by ISO 4217 code. A currency without orders has no entry.
  package var byCurrency: [String: OrderStatistics]

  package init(byCurrency: [String: OrderStatistics] = [:]) {
    self.byCurrency = byCurrency
  }

  /// Changed statistics, and the parts of them that must be read again.
  package struct Change: Sendable, Hashable {
    /// The statistics. Counts and sums are exact.
    package var statistics: CustomerOrderStatistics
    /// Currencies whose first and last date cannot be known from the running sums, because the
    /// first or last order left. Replace them by the least and greatest `placedAt` of the orders
    /// that are not cancelled. At most one currency: that of the old order.
    package var datesToRebuild: [String]
  }

  /// Returns the statistics after an order's contribution changed from `old` to `new`.
  ///
  /// - Parameters:
  ///   - old: The previous contribution; nil for a new order.
  ///   - new: The present contribution; nil if the order is gone.
  /// - Throws: `AMOUNT_OUT_OF_RANGE` if a sum does not fit 64 bits. Nothing changes then.
  package func replacing(
    _ old: OrderContribution?,
    by new: OrderContribution?
  ) throws(RuleError) -> Change {
    var change = Change(statistics: self, datesToRebuild: [])
    if old == new { return change }
    if let old { try change.statistics.remove(old) }
    if let new { try change.statistics.add(new) }
    if let old, !old.isCancelled, let stored = byCurrency[old.currency],
      let now = change.statistics.byCurrency[old.currency]
    {
      if Self.losesExtreme(from: stored, to: now, old, new) {
        change.datesToRebuild = [old.currency]
      }
    }
    return change
  }

  /// Computes the statistics of all `orders` of a customer.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` if a sum does not fit 64 bits.
  package init(of orders: [OrderContribution]) throws(RuleError) {
    self.init()
    for order in orders { try add(order) }
  }

  private mutating func add(_ order: OrderContribution) throws(RuleError) {
    var entry = byCurrency[order.currency] ?? OrderStatistics()
    entry.refundedMinor = try entry.refundedMinor.adding(order.refundedMinor)
    if order.hasUnknownRefund { entry.unknownRefundCount += 1 }
    if order.countsAsSpent {
      entry.totalSpentMinor = try entry.totalSpentMinor.adding(order.totalMinor)
      entry.netSpentMinor = try entry.netSpentMinor.adding(
        order.totalMinor.subtracting(order.refundedMinor)
      )
    }
    if order.isCancelled {
      entry.cancelledCount = try entry.cancelledCount.adding(1)
    } else {
      entry.orderCount = try entry.orderCount.adding(1)
      entry.firstOrderAt = min(entry.firstOrderAt ?? order.placedAt, order.placedAt)
      entry.lastOrderAt = max(entry.lastOrderAt ?? order.placedAt, order.placedAt)
    }
    byCurrency[order.currency] = entry
  }

  private mutating func remove(_ order: OrderContribution) throws(RuleError) {
    var entry = byCurrency[order.currency] ?? OrderStatistics()
    entry.refundedMinor = try entry.refundedMinor.subtracting(order.refundedMinor)
    // Earlier versions did not count unknown refunds, so their orders cannot be subtracted.
    if order.hasUnknownRefund, entry.unknownRefundCount > 0 { entry.unknownRefundCount -= 1 }
    if order.countsAsSpent {
      entry.totalSpentMinor = try entry.totalSpentMinor.subtracting(order.totalMinor)
      entry.netSpentMinor = try entry.netSpentMinor.subtracting(
        order.totalMinor.subtracting(order.refundedMinor)
      )
    }
    if order.isCancelled {
      entry.cancelledCount = try entry.cancelledCount.subtracting(1)
    } else {
      entry.orderCount = try entry.orderCount.subtracting(1)
      if entry.orderCount == 0 {
        entry.firstOrderAt = nil
        entry.lastOrderAt = nil
      }
    }
    byCurrency[order.currency] = entry.isEmpty ? nil : entry
  }

  /// Returns true if the first or last order is no longer the first or last, while others remain.
  private static func losesExtreme(
    from stored: OrderStatistics,
    to now: OrderStatistics,
    _ old: OrderContribution,
    _ new: OrderContribution?
  ) -> Bool {
    let stays = new.flatMap { $0.currency == old.currency && !$0.isCancelled ? $0.placedAt : nil }
    let others = now.orderCount - (stays == nil ? 0 : 1)
    if others <= 0 { return false }
    let wasFirst = old.placedAt == stored.firstOrderAt
    let wasLast = old.placedAt == stored.lastOrderAt
    return wasFirst && stays.map { $0 > old.placedAt } ?? true
      || wasLast && stays.map { $0 < old.placedAt } ?? true
  }
}
