/// What one order adds to its customer's statistics.
package struct OrderContribution: Sendable, Hashable {
  /// ISO 4217 code.
  package var currency: String
  /// When the order was placed.
  package var placedAt: Micros
  /// Its total in minor units.
  package var totalMinor: Int64
  /// What was given back, in minor units.
  package var refundedMinor: Int64
  /// Whether money went back of which nobody said how much.
  package var hasUnknownRefund: Bool
  /// Whether the order was called off: then it counts as cancelled, and its total does not count.
  /// Its refunds do.
  package var isCancelled: Bool
  /// True where its payment is open or was given up: then it is an order, and its total does not
  /// count.
  package var isUnpaid: Bool

  /// Makes a contribution.
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

  /// True where its total counts as spent.
  var countsAsSpent: Bool { !isCancelled && !isUnpaid }

  /// The contribution of `order`. Throws `AMOUNT_OUT_OF_RANGE` when its refunds do not add up.
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

/// What a customer ordered in one currency.
package struct OrderStatistics: Sendable, Hashable {
  /// Orders that are not cancelled, those of no value among them.
  package var orderCount: Int64
  /// Sum of the totals of those that count as spent, in minor units; refunds are not taken off.
  package var totalSpentMinor: Int64
  /// Sum of the refunds of all orders in minor units.
  package var refundedMinor: Int64
  /// The total spent less the refunds of the same orders.
  package var netSpentMinor: Int64
  /// Orders of which money went back, and nobody said how much.
  package var unknownRefundCount: Int64
  /// Orders that are cancelled.
  package var cancelledCount: Int64
  /// When the earliest order that is not cancelled was placed; nil when there is none.
  package var firstOrderAt: Micros?
  /// When the latest order that is not cancelled was placed; nil when there is none.
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

  /// Whether there is no order at all behind them.
  package var isEmpty: Bool { orderCount == 0 && cancelledCount == 0 }
}

/// What a customer ordered, by currency.
package struct CustomerOrderStatistics: Sendable, Hashable {
  /// Statistics by ISO 4217 code; a currency without any order has no entry.
  package var byCurrency: [String: OrderStatistics]

  /// Makes statistics.
  package init(byCurrency: [String: OrderStatistics] = [:]) {
    self.byCurrency = byCurrency
  }

  /// Statistics and what of them has to be read anew.
  package struct Change: Sendable, Hashable {
    /// The statistics; counts and sums are exact.
    package var statistics: CustomerOrderStatistics
    /// Currencies whose first and last date cannot be known from the running figures, because the
    /// first or last order left: replace them by the least and greatest `placedAt` of the orders
    /// that are not cancelled. At most one, the old order's.
    package var datesToRebuild: [String]

    /// Whether any dates have to be read anew.
    package var needsRebuild: Bool { !datesToRebuild.isEmpty }
  }

  /// The statistics after an order's contribution changed from `old` to `new`.
  ///
  /// - Parameters:
  ///   - old: what the order contributed so far; nil for a new order.
  ///   - new: what it contributes now; nil when it is gone.
  /// - Throws: `AMOUNT_OUT_OF_RANGE` when a sum does not fit 64 bits; nothing has changed then.
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

  /// The statistics of all `orders` of a customer, counted from nothing.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` when a sum does not fit 64 bits.
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
    // Orders of a version that did not count this are not counted out of it.
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

  /// Whether an order that was the first or the last is so no more, while others are left.
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
