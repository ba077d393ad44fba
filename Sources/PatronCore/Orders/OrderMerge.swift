internal import PatronModel
internal import PatronProto
internal import ProtobufC

/// The age of a state that a sync gives, compared with the stored state by the platform's version
/// and time.
enum OrderAge {
  case newer, older
  /// Undecided, or the same: the state is taken as newer, but takes nothing back.
  case unknown

  /// Compares the versions, else the times.
  init(of given: Order, over old: Order) {
    if given.version > 0, old.version > 0 {
      self = Self.compared(given.version, old.version)
    } else if let time = given.updatedAt?.micros, let known = old.updatedAt?.micros {
      self = Self.compared(time, known)
    } else {
      self = .unknown
    }
  }

  private static func compared(_ given: Int64, _ known: Int64) -> OrderAge {
    given == known ? .unknown : given > known ? .newer : .older
  }
}

/// The fields of a sync, applied to the known order. Fields that are not given stay; only a state
/// that is known to be newer takes money and parts back.
struct OrderMerge {
  private let given: GivenOrder
  private let old: Order
  private let age: OrderAge
  private(set) var order: Order
  private(set) var warnings: [Warning] = []

  /// Returns the whole order after a sync; `old` is nil for a new order.
  ///
  /// - Throws: INVALID_ARGUMENT for missing fields, and for fields that do not fit the known order.
  static func merged(
    _ given: GivenOrder,
    over old: Order?,
    now: Int64
  ) throws(DomainError) -> (draft: OrderDraft, warnings: [Warning]) {
    guard let old else {
      var order = given.order
      order.name = order.name ?? order.externalID
      try check(&order, given, isNew: true, now: now)
      return (try OrderDraft(order, path: "order"), [])
    }
    var merge = OrderMerge(given, over: old)
    merge.setFields()
    merge.noteAge()
    merge.correctCurrency()
    merge.keepWhatCannotBeKnown()
    if merge.takesNothingBack { merge.keepWhatRegresses() }
    merge.followParts()
    try check(&merge.order, given, isNew: false, now: now)
    let draft = try OrderDraft(merge.order, path: "order")
    return (draft, merge.warnings + merge.order.removals(from: old))
  }

  private init(_ given: GivenOrder, over old: Order) {
    self.given = given
    self.old = old
    age = OrderAge(of: given.order, over: old)
    order = old
  }

  private var takesNothingBack: Bool { age != .newer && !given.allowsRegress }

  private mutating func setFields() {
    for field in given.fields { order.set(field, from: given.order) }
    // They keep the sequence in which they were known: a repeat in another sequence is not a
    // change.
    if given.fields.contains(.refunds) {
      order.refunds = Self.ordered(order.refunds, as: old.refunds, by: \.externalID)
    }
    if given.fields.contains(.fulfillments) {
      order.fulfillments = Self.ordered(order.fulfillments, as: old.fulfillments, by: \.externalID)
    }
  }

  private static func ordered<Part>(
    _ parts: [Part],
    as old: [Part],
    by id: KeyPath<Part, String>
  ) -> [Part] {
    let places = Dictionary(
      old.enumerated().map { ($1[keyPath: id], $0) },
      uniquingKeysWith: { first, _ in first }
    )
    return parts.enumerated().sorted { one, other in
      let (left, right) = (places[one.element[keyPath: id]], places[other.element[keyPath: id]])
      return (left ?? .max, one.offset) < (right ?? .max, other.offset)
    }.map(\.element)
  }

  /// Takes the platform's time and version. They stay as known if a sync gives none.
  private mutating func noteAge() {
    if given.order.version > 0 { order.version = given.order.version }
    if let time = given.order.updatedAt { order.updatedAt = time }
  }

  /// Leaves out amounts that are not given again in the new currency. Refunds are money that went
  /// back: they are refused below, and never left out silently.
  private mutating func correctCurrency() {
    guard let code = old.total?.currencyCode, let new = order.total?.currencyCode, code != new,
      !new.isEmpty
    else { return }
    warnings.append(.currencyCorrected(from: code, to: new))
    if order.subtotal?.currencyCode == code { order.subtotal = nil }
    if order.discount?.currencyCode == code { order.discount = nil }
    if order.shipping?.currencyCode == code { order.shipping = nil }
    if order.tax?.currencyCode == code { order.tax = nil }
    for index in order.lineItems.indices where order.lineItems[index].total?.currencyCode == code {
      order.lineItems[index].total = nil
    }
  }

  /// Keeps parts that are newer than the given state: it cannot know them.
  private mutating func keepWhatCannotBeKnown() {
    guard age == .newer, !given.allowsRegress, let time = given.order.updatedAt?.micros else {
      return
    }
    let refunds = old.refunds.filter { known in
      known.refundedAt?.micros ?? .min > time
        && !order.refunds.contains { $0.externalID == known.externalID }
    }
    let shipments = old.fulfillments.filter { known in
      max(known.fulfilledAt?.micros ?? .min, known.occurredAt?.micros ?? .min) > time
        && !order.fulfillments.contains { $0.externalID == known.externalID }
    }
    order.refunds = Self.ordered(order.refunds + refunds, as: old.refunds, by: \.externalID)
    order.fulfillments = Self.ordered(
      order.fulfillments + shipments,
      as: old.fulfillments,
      by: \.externalID
    )
  }

  /// Updates payment and delivery from the parts if only parts are given, as for a part that comes
  /// by itself.
  private mutating func followParts() {
    if !given.fields.contains(.paymentStatus), order.refunds != old.refunds {
      order.followRefunds(over: old)
    }
    if !given.fields.contains(.fulfillmentStatus), order.fulfillmentStatus != .unspecified,
      order.fulfillments != old.fulfillments
    {
      order.followShipments(over: old)
    }
  }

  /// Refuses an order that lacks required fields, or whose parts do not fit it.
  private static func check(
    _ order: inout Order,
    _ given: GivenOrder,
    isNew: Bool,
    now: Int64
  ) throws(DomainError) {
    var check = OrderCheck(path: "order", country: nil, now: now, violations: Violations())
    if order.placedAt == nil { check.missing("placed_at", "a time such as 2026-03-01T12:00:00Z") }
    if order.total == nil { check.missing("total", "an amount of money with its currency") }
    check.currency = order.total?.currencyCode ?? ""
    check.checkAmounts(&order)
    for index in order.lineItems.indices {
      order.lineItems[index].total = check.amount(
        order.lineItems[index].total,
        "line_items[\(index)].total"
      )
    }
    for index in order.refunds.indices {
      order.refunds[index].amount = check.amount(
        order.refunds[index].amount,
        "refunds[\(index)].amount"
      )
    }
    check.limit(order.refunds.count, OrderDraft.Limit.refunds, "refunds")
    check.limit(order.fulfillments.count, OrderDraft.Limit.fulfillments, "fulfillments")
    if isNew || given.fields.contains(.fulfillments) {
      let positions = OrderPositions(order)
      for (index, shipment) in given.order.fulfillments.enumerated() {
        for wrong in positions.violations(of: shipment, at: "order.fulfillments[\(index)]") {
          check.violations.add(wrong.path, wrong.error)
        }
      }
    }
    if !check.violations.isEmpty { throw .invalid(check.violations.errors) }
  }
}

// MARK: - Money and parts that are not taken back

extension OrderMerge {
  private mutating func keepWhatRegresses() {
    keepRefunds()
    keepShipments()
    if order.cancellation == nil, let cancellation = old.cancellation {
      order.cancellation = cancellation
      warnings.append(.regressionKept("order.cancellation", "The order was called off"))
    }
    if given.fields.contains(.paymentStatus), takesPaymentBack {
      order.paymentStatus = old.paymentStatus
      warnings.append(.regressionKept("order.payment_status", "The order was paid further"))
    }
    let delivered = OrderSnapshot(stored: old).delivered
    let isUnsaid =
      order.fulfillmentStatus == .unspecified
      && old.fulfillmentStatus.rawValue > FulfillmentStatus.unfulfilled.rawValue
    if given.fields.contains(.fulfillmentStatus),
      isUnsaid || OrderSnapshot(stored: order).delivered.rawValue < delivered.rawValue
    {
      order.fulfillmentStatus = .init(rawValue: Int32(delivered.rawValue))
      if old.fulfillmentStatus == .unspecified { order.fulfillmentStatus = .unspecified }
      warnings.append(.regressionKept("order.fulfillment_status", "The order was sent further"))
    }
  }

  private mutating func keepRefunds() {
    guard given.fields.contains(.refunds) else { return }
    var kept = 0
    for known in old.refunds {
      guard let place = order.refunds.firstIndex(where: { $0.externalID == known.externalID })
      else {
        order.refunds.append(known)
        kept += 1
        continue
      }
      guard let (before, now) = Self.amounts(known.amount, order.refunds[place].amount),
        now < before
      else { continue }
      order.refunds[place] = known
      kept += 1
    }
    guard kept > 0 else { return }
    order.refunds = Self.ordered(order.refunds, as: old.refunds, by: \.externalID)
    warnings.append(.regressionKept("order.refunds", "More was refunded"))
  }

  /// Returns two amounts of one currency, or nil if the currencies differ.
  private static func amounts(
    _ one: PatronProto.Money?,
    _ other: PatronProto.Money?
  ) -> (Int64, Int64)? {
    guard let one, let other,
      other.currencyCode.isEmpty || one.currencyCode == other.currencyCode
    else { return nil }
    return (one.minorUnits, other.minorUnits)
  }

  private mutating func keepShipments() {
    guard given.fields.contains(.fulfillments) else { return }
    var kept = false
    for known in old.fulfillments {
      guard let place = order.fulfillments.firstIndex(where: { $0.externalID == known.externalID })
      else {
        order.fulfillments.append(known)
        kept = true
        continue
      }
      kept = order.fulfillments[place].keep(known) || kept
    }
    guard kept else { return }
    order.fulfillments = Self.ordered(order.fulfillments, as: old.fulfillments, by: \.externalID)
    warnings.append(.regressionKept("order.fulfillments", "The order had more of its shipments"))
  }

  /// True if the payment status takes money back. Listed refunds count by themselves: with them an
  /// order that says `paid` takes nothing back.
  private var takesPaymentBack: Bool {
    let (before, now) = (old.paymentStatus, order.paymentStatus)
    guard before != .unspecified, before != now else { return false }
    if now == .unspecified { return Self.rank(before) > Self.rank(.pending) }
    if before == .voided { return Self.rank(now) < Self.rank(.partiallyPaid) }
    if now == .voided { return Self.rank(before) >= Self.rank(.paid) }
    let ranks = [before, now].map { status in
      order.refunds.isEmpty ? Self.rank(status) : min(Self.rank(status), Self.rank(.paid))
    }
    return ranks[1] < ranks[0]
  }

  private static func rank(_ status: PaymentStatus) -> Int32 {
    status == .voided ? 0 : status.rawValue
  }
}

extension Fulfillment {
  /// Keeps the values of a known shipment that it would lose. Returns false when there are none.
  fileprivate mutating func keep(_ known: Fulfillment) -> Bool {
    let given = self
    let isOlder =
      occurredAt.flatMap { time in known.occurredAt.map { time.micros < $0.micros } } ?? false
    let wasSent = known.state == .success || known.state == .unspecified
    let isUnsent = state != .success && state != .unspecified
    let hadArrived = known.shipmentStatus == .delivered && shipmentStatus != .delivered
    if isOlder || hadArrived || shipmentStatus == .unspecified {
      shipmentStatus = known.shipmentStatus
      occurredAt = known.occurredAt
    }
    if wasSent && isUnsent { state = known.state }
    if items.isEmpty { items = known.items }
    if trackingCompany.isEmpty { trackingCompany = known.trackingCompany }
    if trackingNumber.isEmpty { trackingNumber = known.trackingNumber }
    if trackingURL.isEmpty { trackingURL = known.trackingURL }
    return self != given
  }
}
