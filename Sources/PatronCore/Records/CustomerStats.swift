package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The part of a customer that orders and events change: order statistics by currency, the last
/// event of each source, and summaries of reviews and loyalty. It is stored apart from the record
/// and joined to it on the wire.
package struct CustomerStats {
  private var fields: Customer

  /// Reads the stored part.
  package init(_ bytes: [UInt8]) throws {
    fields = try Customer(stored: bytes)
  }

  /// The part as it is stored.
  package func encoded() throws -> [UInt8] { try fields.encoded() }

  /// What filters can ask of it.
  package var terms: [Term] { CustomerTerms.of(stats: fields) }

  /// The one term that events without orders can change.
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

  /// Takes an event back that was deleted. The last events are to be set anew.
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

  /// What is known of the reviews; nil when there are none.
  var reviews: ReviewSummary? {
    get { fields.reviews }
    set { fields.reviews = newValue }
  }

  /// What is known of the membership; nil when there never was one.
  package var loyalty: LoyaltySummary? {
    get { fields.loyalty }
    set { fields.loyalty = newValue }
  }

  /// What is known of the last events.
  package struct Activity: Equatable {
    /// By source, in the order of their numbers.
    package var sources: [SourceActivity]
    /// Of any source, microseconds since 1970.
    package var lastEventAt: Int64?
  }

  /// What is known of the last events.
  var activity: Activity {
    Activity(sources: fields.activity, lastEventAt: fields.lastEventAt?.micros)
  }

  /// How many sources there are events of.
  package var sources: Int { fields.activity.count }

  /// Sets the last event of each source anew.
  mutating func setLast(_ last: [Int32: (type: String, at: Int64)]) {
    for place in fields.activity.indices {
      guard let event = last[fields.activity[place].source.rawValue] else { continue }
      fields.activity[place].lastEventAt = .init(micros: event.at)
      fields.activity[place].type = event.type
    }
    fields.lastEventAt = last.values.map(\.at).max().map(GoogleProtobuf.Timestamp.init(micros:))
  }

  /// The number that an order placed at an instant has among those of the customer, cancelled ones
  /// included; nil where later ones are known already, and so not how many were before it.
  func numberOfOrder(placedAt time: Int64) -> Int64? {
    var number: Int64 = 1
    for stats in fields.orderStats {
      if let last = stats.lastOrderAt?.micros, last > time { return nil }
      number += stats.orderCount + stats.cancelledCount
    }
    return number
  }

  /// Puts the contribution of an order in the place of its former one. `datesOf` reads the first
  /// and last date of the orders in a currency, for when the running figures cannot tell.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` when a sum does not fit 64 bits.
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

  /// Sets the figures of orders anew.
  package mutating func set(_ orders: CustomerOrderStatistics) {
    fields.orderStats = orders.byCurrency.sorted { $0.key < $1.key }
      .map { OrderStats($0.value, currency: $0.key) }
  }

  /// Throws `AMOUNT_OUT_OF_RANGE` where replacing would, and changes nothing.
  package func check(_ old: OrderContribution?, _ new: OrderContribution) throws(RuleError) {
    _ = try statistics.replacing(old, by: new)
  }

  /// The statistics as the rules want them.
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
  /// What is stored.
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
  /// What is to be stored.
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
