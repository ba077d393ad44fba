import PatronModel
import TestKit
import Testing

@Suite struct OrderStatisticsTests {
  private func contribution(
    _ at: Micros,
    _ total: Int64,
    refunded: Int64 = 0,
    cancelled: Bool = false,
    unpaid: Bool = false,
    currency: String = "USD"
  ) -> OrderContribution {
    OrderContribution(
      currency: currency,
      placedAt: at,
      totalMinor: total,
      refundedMinor: refunded,
      isCancelled: cancelled,
      isUnpaid: unpaid
    )
  }

  @Test func countedOrders() throws {
    let all = try CustomerOrderStatistics(of: [
      contribution(20, 1000, refunded: 300), contribution(10, 0),
      contribution(5, 700, refunded: 700, cancelled: true), contribution(30, 50, currency: "EUR"),
    ])
    #expect(
      all.byCurrency["USD"]
        == OrderStatistics(
          orderCount: 2,
          totalSpentMinor: 1000,
          refundedMinor: 1000,
          netSpentMinor: 700,
          cancelledCount: 1,
          firstOrderAt: 10,
          lastOrderAt: 20
        )
    )
    #expect(all.byCurrency["EUR"]?.orderCount == 1)
  }

  @Test func whatWasNotPaidIsNotSpent() throws {
    for (payment, isUnpaid) in [
      (nil, false), (OrderPayment.pending, true), (.authorized, false), (.partiallyPaid, false),
      (.paid, false), (.partiallyRefunded, false), (.refunded, false), (.voided, true),
    ] {
      let counts = try OrderContribution(of: OrderEventTests.order { $0.payment = payment })
      #expect(counts.isUnpaid == isUnpaid, "\(String(describing: payment))")
    }
    let all = try CustomerOrderStatistics(of: [
      contribution(10, 1000, refunded: 400), contribution(20, 500, refunded: 50, unpaid: true),
    ])
    let usd = try #require(all.byCurrency["USD"])
    #expect(usd.orderCount == 2 && usd.totalSpentMinor == 1000 && usd.netSpentMinor == 600)
    #expect(usd.refundedMinor == 450 && usd.lastOrderAt == 20)
    let paid = try all.replacing(
      contribution(20, 500, refunded: 50, unpaid: true),
      by: contribution(20, 500, refunded: 50)
    )
    #expect(paid.statistics.byCurrency["USD"]?.netSpentMinor == 1050)
  }

  @Test func fromASnapshot() throws {
    let order = OrderEventTests.order {
      $0.refunds = [
        RefundSnapshot(id: "a", at: 1, amountMinor: 10),
        RefundSnapshot(id: "b", at: 2, amountMinor: 20),
      ]
      $0.cancelledAt = 300
    }
    #expect(
      try OrderContribution(of: order)
        == contribution(100, 5000, refunded: 30, cancelled: true)
    )
    #expect(
      try OrderContribution(of: OrderEventTests.order { $0.payment = .refunded }).refundedMinor
        == 5000
    )
  }

  @Test func refundsOfUnknownAmountAreCounted() throws {
    let vague = try OrderContribution(
      of: OrderEventTests.order { $0.payment = .partiallyRefunded }
    )
    #expect(vague.hasUnknownRefund && vague.refundedMinor == 0)
    let known = try OrderContribution(
      of: OrderEventTests.order {
        $0.payment = .partiallyRefunded
        $0.refunds = [RefundSnapshot(id: "a", at: 1, amountMinor: 10)]
      }
    )
    #expect(!known.hasUnknownRefund)
    let all = try CustomerOrderStatistics(of: [vague, contribution(20, 1000)])
    #expect(all.byCurrency["USD"]?.unknownRefundCount == 1)
    let after = try all.replacing(vague, by: known).statistics
    #expect(after.byCurrency["USD"]?.unknownRefundCount == 0)
    // Earlier versions did not count unknown refunds.
    let old = try CustomerOrderStatistics(of: [contribution(100, 5000)])
    let left = try old.replacing(vague, by: nil).statistics
    #expect(left.byCurrency["USD"]?.unknownRefundCount ?? 0 == 0)
  }

  @Test func datesAreRebuiltOnlyWhenAnExtremeLeaves() throws {
    let first = contribution(10, 1)
    let middle = contribution(20, 1)
    let last = contribution(30, 1)
    let all = try CustomerOrderStatistics(of: [first, middle, last])
    #expect(
      try all.replacing(middle, by: contribution(20, 1, cancelled: true)).datesToRebuild == []
    )
    #expect(
      try all.replacing(first, by: contribution(10, 1, cancelled: true)).datesToRebuild == ["USD"]
    )
    #expect(try all.replacing(last, by: nil).datesToRebuild == ["USD"])
    #expect(try all.replacing(first, by: contribution(15, 1)).datesToRebuild == ["USD"])
    #expect(try all.replacing(last, by: contribution(25, 1)).datesToRebuild == ["USD"])
    #expect(
      try all.replacing(first, by: contribution(10, 1, currency: "EUR")).datesToRebuild == ["USD"]
    )
    let earlier = try all.replacing(first, by: contribution(5, 9))
    #expect(earlier.datesToRebuild.isEmpty)
    #expect(earlier.statistics.byCurrency["USD"]?.firstOrderAt == 5)
    #expect(earlier.statistics.byCurrency["USD"]?.totalSpentMinor == 11)
    let alone = try CustomerOrderStatistics(of: [first])
    let moved = try alone.replacing(first, by: last)
    #expect(moved.datesToRebuild.isEmpty && moved.statistics.byCurrency["USD"]?.firstOrderAt == 30)
    let gone = try alone.replacing(first, by: contribution(10, 1, cancelled: true))
    #expect(gone.datesToRebuild.isEmpty && gone.statistics.byCurrency["USD"]?.lastOrderAt == nil)
    #expect(try alone.replacing(first, by: nil).statistics.byCurrency.isEmpty)
    #expect(try all.replacing(first, by: first).statistics == all)
  }

  @Test func overflowIsAnError() throws {
    let full = try CustomerOrderStatistics(of: [contribution(10, .max)])
    #expect { try full.replacing(nil, by: contribution(20, 1)) } throws: {
      ($0 as? RuleError)?.reason == "AMOUNT_OUT_OF_RANGE"
    }
    let order = OrderEventTests.order {
      $0.refunds = [
        RefundSnapshot(id: "a", at: 1, amountMinor: .max),
        RefundSnapshot(id: "b", at: 2, amountMinor: 1),
      ]
    }
    #expect { try OrderContribution(of: order) } throws: {
      ($0 as? RuleError)?.reason == "AMOUNT_OUT_OF_RANGE"
    }
    let replaced = try full.replacing(contribution(10, .max), by: contribution(10, .max - 1))
    #expect(replaced.statistics.byCurrency["USD"]?.totalSpentMinor == Int64.max - 1)
  }

  @Test(arguments: SeededRandom.seeds(0...19)) func runningSumsEqualARecount(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var orders: [Int: OrderContribution] = [:]
    var running = CustomerOrderStatistics()
    var rebuilds = 0
    for step in 0..<300 {
      let id = Int.random(in: 0..<12, using: &random)
      let isGone = Int.random(in: 0..<6, using: &random) == 0
      let new = contribution(
        Micros.random(in: 0..<40, using: &random),
        Int64.random(in: 0...999, using: &random),
        refunded: Int64.random(in: 0...99, using: &random),
        cancelled: Int.random(in: 0..<4, using: &random) == 0,
        unpaid: Int.random(in: 0..<4, using: &random) == 0,
        currency: Bool.random(using: &random) ? "USD" : "JPY"
      )
      let change = try running.replacing(orders[id], by: isGone ? nil : new)
      orders[id] = isGone ? nil : new
      running = change.statistics
      for currency in change.datesToRebuild {
        rebuilds += 1
        let dates = orders.values
          .filter { $0.currency == currency && !$0.isCancelled }
          .map(\.placedAt)
        running.byCurrency[currency]?.firstOrderAt = dates.min()
        running.byCurrency[currency]?.lastOrderAt = dates.max()
      }
      let counted = try CustomerOrderStatistics(of: Array(orders.values))
      #expect(running == counted, "seed \(seed), step \(step)")
    }
    #expect(rebuilds > 0, "seed \(seed)")
  }
}
