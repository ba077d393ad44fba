package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The part of a customer that orders and events change: order statistics by currency, the last
/// event of each source, and summaries of reviews and loyalty. It is stored apart from the record
/// and joined to it on the wire.
package struct CustomerStats {
  private var fields: Customer

  /// Decodes the stored part.
  ///
  /// - Throws: ``StoreError/corrupt(_:)`` for bytes that cannot be decoded.
  package init(_ bytes: [UInt8]) throws {
    fields = try Customer(stored: bytes)
  }

  /// Encodes the part for the database.
  package func encoded() throws -> [UInt8] { try fields.encoded() }

  /// The filter terms that orders and events give.
  package var terms: [Term] { CustomerTerms.of(stats: fields) }

  /// The only term that an event without an order can change.
  package var lastEventDay: String { CustomerTerms.lastEventDay(fields) }

  /// Counts an event that is new on the timeline.
  package mutating func count(_ event: Event) {
    let source = SourceActivity.with {
      $0.source = event.source
      $0.lastEventAt = event.occurredAt
      $0.type = event.type
      $0.eventCount = 1
    }
    let time = event.occurredAt?.micros ?? 0
    if let place = fields.activity.firstIndex(where: { $0.source == event.source }) {
      fields.activity[place].eventCount += 1
      noteLast(source, at: place, time)
    } else {
      fields.activity.append(source)
      fields.activity.sort { $0.source.rawValue < $1.source.rawValue }
    }
    if time >= fields.lastEventAt?.micros ?? .min { fields.lastEventAt = event.occurredAt }
  }

  /// Uncounts a deleted event. The caller must then set the last events with ``setLast(_:)``.
  package mutating func forget(_ event: Event) {
    guard let place = fields.activity.firstIndex(where: { $0.source == event.source }) else {
      return
    }
    fields.activity[place].eventCount -= 1
    if fields.activity[place].eventCount <= 0 { fields.activity.remove(at: place) }
  }

  private mutating func noteLast(_ activity: SourceActivity, at place: Int, _ time: Int64) {
    guard time >= fields.activity[place].lastEventAt?.micros ?? .min else { return }
    fields.activity[place].lastEventAt = activity.lastEventAt
    fields.activity[place].type = activity.type
  }

  /// The summary of the customer's reviews; nil if there are none.
  var reviews: ReviewSummary? {
    get { fields.reviews }
    set { fields.reviews = newValue }
  }

  /// The summary of the membership; nil if the customer was never a member.
  package var loyalty: LoyaltySummary? {
    get { fields.loyalty }
    set { fields.loyalty = newValue }
  }

  /// The last events of a customer.
  package struct Activity: Equatable {
    /// The last event of each source, in the order of the sources' numbers.
    package var sources: [SourceActivity]
    /// The time of the last event of any source, microseconds since 1970.
    package var lastEventAt: Int64?
  }

  /// The last events, by source and overall.
  var activity: Activity {
    Activity(sources: fields.activity, lastEventAt: fields.lastEventAt?.micros)
  }

  /// The number of sources with events.
  package var sources: Int { fields.activity.count }

  /// Replaces the last event of each source. The keys are the sources' numbers; `at` is in
  /// microseconds since 1970.
  mutating func setLast(_ last: [Int32: (type: String, at: Int64)]) {
    for place in fields.activity.indices {
      guard let event = last[fields.activity[place].source.rawValue] else { continue }
      fields.activity[place].lastEventAt = .init(micros: event.at)
      fields.activity[place].type = event.type
    }
    fields.lastEventAt = last.values.map(\.at).max().map(GoogleProtobuf.Timestamp.init(micros:))
  }

  /// Returns the number of an order among the customer's orders, cancelled orders included. `time`
  /// is in microseconds since 1970. Returns nil if later orders are known, because the number of
  /// orders before it is then unknown.
  func numberOfOrder(placedAt time: Int64) -> Int64? {
    var number: Int64 = 1
    for stats in fields.orderStats {
      if let last = stats.lastOrderAt?.micros, last > time { return nil }
      number += stats.orderCount + stats.cancelledCount
    }
    return number
  }

  /// Replaces the former contribution of an order with a new one. `datesOf` reads the first and
  /// last date of the orders in a currency; it is called only if the statistics alone do not
  /// determine the dates.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` if a sum does not fit 64 bits.
  package mutating func replace(
    _ old: OrderContribution?,
    by new: OrderContribution,
    datesOf: (String) throws -> (first: Int64, last: Int64)?
  ) throws {
    var change = try statistics.replacing(old, by: new)
    for currency in change.datesToRebuild {
      let dates = try datesOf(currency)
      change.statistics.byCurrency[currency]?.firstOrderAt = dates?.first
      change.statistics.byCurrency[currency]?.lastOrderAt = dates?.last
    }
    set(change.statistics)
  }

  /// Replaces the order statistics.
  package mutating func set(_ orders: CustomerOrderStatistics) {
    fields.orderStats = orders.byCurrency.sorted { $0.key < $1.key }
      .map { OrderStats($0.value, currency: $0.key) }
  }

  /// Checks a replacement without making it.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` if a sum would not fit 64 bits.
  package func check(_ old: OrderContribution?, _ new: OrderContribution) throws(RuleError) {
    _ = try statistics.replacing(old, by: new)
  }

  /// The order statistics as values of the model.
  package var statistics: CustomerOrderStatistics {
    CustomerOrderStatistics(
      byCurrency: Dictionary(
        fields.orderStats.map { ($0.currencyCode, OrderStatistics($0)) },
        uniquingKeysWith: { first, _ in first }
      )
    )
  }
}

extension OrderStatistics {
  /// Creates the statistics from their stored message.
  package init(_ stats: OrderStats) {
    self.init(
      orderCount: stats.orderCount,
      totalSpentMinor: stats.totalSpent,
      refundedMinor: stats.refundedTotal,
      netSpentMinor: stats.netSpent,
      unknownRefundCount: stats.unknownRefundCount,
      cancelledCount: stats.cancelledCount,
      firstOrderAt: stats.firstOrderAt?.micros,
      lastOrderAt: stats.lastOrderAt?.micros
    )
  }
}

extension OrderStats {
  /// Creates the message to store from the statistics.
  package init(_ statistics: OrderStatistics, currency: String) {
    self.init()
    currencyCode = currency
    orderCount = statistics.orderCount
    totalSpent = statistics.totalSpentMinor
    refundedTotal = statistics.refundedMinor
    netSpent = statistics.netSpentMinor
    unknownRefundCount = statistics.unknownRefundCount
    cancelledCount = statistics.cancelledCount
    firstOrderAt = statistics.firstOrderAt.map(GoogleProtobuf.Timestamp.init(micros:))
    lastOrderAt = statistics.lastOrderAt.map(GoogleProtobuf.Timestamp.init(micros:))
  }
}
