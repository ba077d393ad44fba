package import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// The statistics of customers that are merged, and unmerged again.
extension CustomerStats {
  /// Makes statistics of those of orders, and of the last events.
  package init(_ orders: CustomerOrderStatistics, _ activity: Activity) throws {
    let fields = Customer.with {
      $0.orderStats = orders.byCurrency.sorted { $0.key < $1.key }
        .map { OrderStats($0.value, currency: $0.key) }
      $0.activity = activity.sources
      $0.lastEventAt = activity.lastEventAt.map(GoogleProtobuf.Timestamp.init(micros:))
    }
    try self.init(try fields.encoded())
  }

  /// Returns the statistics of both together. `owners` own the events, and decide when two sources
  /// had their last event at the same instant.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` when a sum does not fit 64 bits.
  package static func joined(
    _ first: CustomerStats,
    _ second: CustomerStats,
    of owners: [Int64],
    in reader: StoreReader
  ) throws -> CustomerStats {
    let orders: CustomerOrderStatistics
    do throws(RuleError) {
      orders = try first.statistics.joined(with: second.statistics)
    } catch {
      throw error
    }
    var bySource: [Int32: SourceActivity] = [:]
    for activity in first.activity.sources + second.activity.sources {
      let source = activity.source.rawValue
      guard let known = bySource[source] else {
        bySource[source] = activity
        continue
      }
      var later = known
      let (old, new) = (known.lastEventAt?.micros ?? .min, activity.lastEventAt?.micros ?? .min)
      if new > old {
        later = activity
      } else if new == old {
        later.type = try latest(source, at: new, of: owners, in: reader) ?? known.type
      }
      later.eventCount = known.eventCount + activity.eventCount
      bySource[source] = later
    }
    let last = [first.activity.lastEventAt, second.activity.lastEventAt].compactMap(\.self).max()
    var joined = try CustomerStats(
      orders,
      Activity(
        sources: bySource.sorted { $0.key < $1.key }.map(\.value),
        lastEventAt: last
      )
    )
    try joined.joinSummaries(first, second, of: owners, in: reader)
    return joined
  }

  /// Returns the type of the last event of a source at an instant; of several, the event with the
  /// highest id counts.
  private static func latest(
    _ source: Int32,
    at instant: Int64,
    of owners: [Int64],
    in reader: StoreReader
  ) throws -> String? {
    var found: (id: Int64, type: String)?
    for owner in owners {
      let start = TimelinePosition(occurredAt: instant, id: .max)
      try reader.timeline(of: owner, behind: start, notBefore: instant) { entry in
        guard entry.source == source else { return true }
        if entry.position.id > found?.id ?? .min {
          found = (entry.position.id, String(utf8: entry.type))
        }
        return false
      }
    }
    return found?.type
  }

  /// Returns the statistics counted from all orders and events of a customer. Reads all of them.
  static func counted(of customerID: Int64, in reader: StoreReader) throws -> CustomerStats {
    var counted = try CustomerStats(
      CustomerOrderStatistics(of: contributions(of: customerID, in: reader)),
      activity(of: customerID, in: reader)
    )
    try counted.countSummaries(of: customerID, in: reader)
    return counted
  }

  /// Returns these statistics with orders and last events counted again.
  func recounted(of customerID: Int64, in reader: StoreReader) throws -> CustomerStats {
    var counted = try CustomerStats(
      CustomerOrderStatistics(of: Self.contributions(of: customerID, in: reader)),
      Self.activity(of: customerID, in: reader)
    )
    counted.reviews = reviews
    counted.loyalty = loyalty
    return counted
  }

  /// Returns the contributions of a customer's orders to the statistics.
  static func contributions(
    of customerID: Int64,
    in reader: StoreReader
  ) throws -> [OrderContribution] {
    try reader.orders(of: customerID).map { row in
      try OrderContribution(of: OrderSnapshot(stored: Order(stored: row.body)))
    }
  }

  /// Returns the statistics of `owner`, which these are, without those of a customer whose orders
  /// and events went from it.
  package func without(
    _ gone: CustomerStats,
    _ orders: [OrderContribution],
    of owner: Int64,
    in reader: StoreReader
  ) throws -> CustomerStats {
    var statistics = statistics
    for order in orders {
      var change = try statistics.replacing(order, by: nil)
      for currency in change.datesToRebuild {
        let dates = try reader.orderDates(of: owner, in: currency)
        change.statistics.byCurrency[currency]?.firstOrderAt = dates?.first
        change.statistics.byCurrency[currency]?.lastOrderAt = dates?.last
      }
      statistics = change.statistics
    }
    var left: [Int32: Int64] = [:]
    for activity in activity.sources { left[activity.source.rawValue] = activity.eventCount }
    for activity in gone.activity.sources {
      left[activity.source.rawValue, default: 0] -= activity.eventCount
    }
    left = left.filter { $0.value > 0 }
    var stats = try CustomerStats(statistics, Self.latest(left, of: owner, in: reader))
    try stats.setSummaries(of: self, without: gone, of: owner, in: reader)
    return stats
  }

  /// Returns the last event of each source. Reads newest first until all sources were found.
  private static func latest(
    _ counts: [Int32: Int64],
    of owner: Int64,
    in reader: StoreReader
  ) throws -> Activity {
    var found: [Int32: SourceActivity] = [:]
    guard !counts.isEmpty else { return Activity(sources: [], lastEventAt: nil) }
    try reader.timeline(of: owner, behind: .newest, notBefore: .min) { entry in
      guard found[entry.source] == nil, let count = counts[entry.source] else { return true }
      found[entry.source] = .with {
        $0.source = .init(rawValue: entry.source)
        $0.lastEventAt = .init(micros: entry.position.occurredAt)
        $0.type = String(utf8: entry.type)
        $0.eventCount = count
      }
      return found.count < counts.count
    }
    return Activity(
      sources: found.sorted { $0.key < $1.key }.map(\.value),
      lastEventAt: found.values.compactMap { $0.lastEventAt?.micros }.max()
    )
  }
}

extension CustomerOrderStatistics {
  /// Returns the statistics of the orders of both customers.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` when a sum does not fit 64 bits.
  fileprivate func joined(with other: Self) throws(RuleError) -> CustomerOrderStatistics {
    var joined = byCurrency
    for (currency, more) in other.byCurrency {
      guard let known = joined[currency] else {
        joined[currency] = more
        continue
      }
      joined[currency] = OrderStatistics(
        orderCount: try Self.sum(known.orderCount, more.orderCount),
        totalSpentMinor: try Self.sum(known.totalSpentMinor, more.totalSpentMinor),
        refundedMinor: try Self.sum(known.refundedMinor, more.refundedMinor),
        netSpentMinor: try Self.sum(known.netSpentMinor, more.netSpentMinor),
        unknownRefundCount: try Self.sum(known.unknownRefundCount, more.unknownRefundCount),
        cancelledCount: try Self.sum(known.cancelledCount, more.cancelledCount),
        firstOrderAt: [known.firstOrderAt, more.firstOrderAt].compactMap(\.self).min(),
        lastOrderAt: [known.lastOrderAt, more.lastOrderAt].compactMap(\.self).max()
      )
    }
    return CustomerOrderStatistics(byCurrency: joined)
  }

  private static func sum(_ one: Int64, _ other: Int64) throws(RuleError) -> Int64 {
    let (sum, overflow) = one.addingReportingOverflow(other)
    guard !overflow else {
      throw RuleError(
        reason: "AMOUNT_OUT_OF_RANGE",
        message: "The orders of both customers together are more than 64 bits hold."
      )
    }
    return sum
  }
}
