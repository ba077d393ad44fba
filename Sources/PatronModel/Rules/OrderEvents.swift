/// An event that a change of an order puts on the customer's timeline.
package struct DerivedEvent: Sendable, Hashable {
  /// What happened. Raw values are names of the event catalogue.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The order exists.
    case placed = "order_placed"
    /// The whole price was paid.
    case paid = "order_paid"
    /// A shipment left, and more is to come.
    case partiallyFulfilled = "order_partially_fulfilled"
    /// The last shipment left.
    case fulfilled = "order_fulfilled"
    /// The carrier reported on a shipment.
    case shipmentChanged = "shipment_status_changed"
    /// The last shipment arrived.
    case arrived = "order_delivered"
    /// The order was called off.
    case cancelled = "order_cancelled"
    /// Money went back.
    case refunded = "order_refunded"
    /// Something changed that no other event tells of.
    case updated = "order_updated"

    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The fields of an order that need no other event once this one is told.
    package var tells: Set<String> {
      switch self {
      case .placed, .updated: []
      case .paid: ["payment_status", "paid_at"]
      case .partiallyFulfilled, .fulfilled: ["fulfillment_status", "fulfillments"]
      case .shipmentChanged, .arrived: ["fulfillments"]
      case .cancelled: ["cancellation"]
      case .refunded: ["payment_status", "refunds"]
      }
    }
  }

  /// What happened.
  package var kind: Kind
  /// When it happened.
  package var occurredAt: Micros
  /// Identifier of the event, at most 255 bytes, the same whenever the same transition is seen. An
  /// event that exists under it is left as it is, unless ``replaces`` is set. nil for what may
  /// happen again and is another event each time.
  package var dedupKey: String?
  /// Whether the event corrects an earlier one of the same key.
  package var replaces = false
  /// What it is worth, in minor units of the order's currency; nil when unknown.
  package var amountMinor: Int64?
  /// The refund that it tells of.
  package var refundID: String?
  /// The shipment that it tells of.
  package var shipmentID: String?
  /// How far that shipment was before; nil when nobody had said.
  package var progressBefore: ShipmentProgress?
  /// How far that shipment is now.
  package var progress: ShipmentProgress?
  /// Why the order was called off, or money went back.
  package var reason: String?
  /// Of ``Kind/updated``: names of the fields.
  package var changes: [String] = []
  /// Of a refund: whether everything has now gone back.
  package var isFull: Bool?

  /// The type as the event catalogue has it.
  package var type: String { kind.rawValue }
}

/// What the timeline learns from an order's old and new state.
package enum OrderEvents {
  /// The events of the transition from `old` to `new`, oldest first.
  ///
  /// Each transition is told once: the same states again, and a repeat of the whole sequence, give
  /// the same keys. A refund that is corrected is told again under its key, with
  /// ``DerivedEvent/replaces``; so is a cancellation, unless its date changes: then it is another
  /// one. What is taken back tells nothing here: it is one of the changes that are told as
  /// ``DerivedEvent/Kind/updated``.
  ///
  /// - Parameters:
  ///   - old: what is stored; nil for a new order.
  ///   - new: what the shop says now; see ``OrderSnapshot/validate()``.
  ///   - observedAt: when the shop says so. It dates changes of a known order that carry no date;
  ///     those of a new order are dated by the order itself.
  package static func derive(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    observedAt: Micros
  ) -> [DerivedEvent] {
    let undated = old == nil ? new.placedAt : max(observedAt, new.placedAt)
    var events: [DerivedEvent] = []
    if old == nil {
      events.append(event(.placed, of: new, at: new.placedAt, amount: new.totalMinor))
    }
    events += paid(from: old, to: new, undated: undated)
    events += shipped(from: old, to: new, undated: undated)
    events += carried(from: old, to: new, undated: undated)
    events += cancelled(from: old, to: new)
    events += refunded(from: old, to: new, undated: undated)
    return events.sorted { ($0.occurredAt, $0.kind.rank) < ($1.occurredAt, $1.kind.rank) }
  }

  /// The event for changes that no other one tells of.
  ///
  /// - Parameters:
  ///   - order: what the shop says now.
  ///   - changes: names of the fields.
  ///   - observedAt: when the shop says so.
  package static func updated(
    _ order: OrderSnapshot,
    changes: [String],
    observedAt: Micros
  ) -> DerivedEvent {
    var told = DerivedEvent(kind: .updated, occurredAt: max(observedAt, order.placedAt))
    told.changes = changes
    if changes.contains("total") { told.amountMinor = order.totalMinor }
    return told
  }

  /// That the whole price was paid. A time that the shop gives later corrects the event.
  private static func paid(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    undated: Micros
  ) -> [DerivedEvent] {
    let isTimeNew = new.paidAt != nil && new.paidAt != old?.paidAt
    guard new.wasPaid, !(old?.wasPaid ?? false) || isTimeNew else { return [] }
    var told = event(.paid, of: new, at: new.paidAt ?? undated, amount: new.totalMinor)
    told.replaces = isTimeNew
    return [told]
  }

  private static func cancelled(
    from old: OrderSnapshot?,
    to new: OrderSnapshot
  ) -> [DerivedEvent] {
    guard let at = new.cancelledAt,
      at != old?.cancelledAt || new.cancelReason != old?.cancelReason
    else { return [] }
    var told = event(.cancelled, of: new, at: at, parts: [String(at)])
    told.reason = new.cancelReason
    told.replaces = true
    return [told]
  }

  /// What carriers reported of shipments that were known, and that the whole order arrived. How
  /// far a shipment is when it is first heard of is no change.
  private static func carried(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    undated: Micros
  ) -> [DerivedEvent] {
    if new.shipments.isEmpty { return [] }
    var events: [DerivedEvent] = []
    for shipment in new.shipments {
      guard let progress = shipment.progress,
        let known = old?.shipments.first(where: { $0.id == shipment.id }),
        known.progress != progress
      else { continue }
      var told = DerivedEvent(
        kind: .shipmentChanged,
        occurredAt: shipment.occurredAt ?? max(undated, shipment.at)
      )
      told.shipmentID = shipment.id
      told.progressBefore = known.progress
      told.progress = progress
      events.append(told)
    }
    if new.hasArrived, !(old?.hasArrived ?? false) {
      let arrived = new.shipments.filter { $0.state == .success }
      let sent = arrived.map(\.at).max() ?? undated
      // The last one to arrive completes the order, where the carriers' times are all known.
      let reported = arrived.compactMap(\.occurredAt)
      let last = reported.count == arrived.count ? reported.max() : nil
      events.append(event(.arrived, of: new, at: last ?? (old == nil ? sent : max(undated, sent))))
    }
    return events
  }

  private static func shipped(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    undated: Micros
  ) -> [DerivedEvent] {
    let before = old?.delivered ?? .unfulfilled
    if before == .fulfilled { return [] }
    let sentBefore = Set((old?.shipments ?? []).filter { $0.state == .success }.map(\.id))
    let sent = new.shipments
      .filter { $0.state == .success && !sentBefore.contains($0.id) }
      .sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    let after = new.delivered
    var events = sent.map { shipment in
      let isLast = after == .fulfilled && shipment == sent.last
      let kind: DerivedEvent.Kind = isLast ? .fulfilled : .partiallyFulfilled
      var told = event(kind, of: new, at: shipment.at, parts: [shipment.id])
      told.shipmentID = shipment.id
      return told
    }
    if sent.isEmpty, after.rawValue > before.rawValue {
      let kind: DerivedEvent.Kind = after == .fulfilled ? .fulfilled : .partiallyFulfilled
      events.append(event(kind, of: new, at: undated))
    }
    return events
  }

  private static func refunded(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    undated: Micros
  ) -> [DerivedEvent] {
    if new.refunds.isEmpty { return refundedByStatus(from: old, to: new, undated: undated) }
    if let old, old.refunds.isEmpty, old.payment == .refunded { return [] }
    let before = Set(old.map(refunds) ?? [])
    return refunds(of: new).filter { !before.contains($0) }
  }

  /// The events of all refunds. One of them may change the event of another: what goes back last
  /// makes the refund a full one.
  private static func refunds(of order: OrderSnapshot) -> [DerivedEvent] {
    var left = order.totalMinor
    return order.refunds.sorted(by: { ($0.at, $0.id) < ($1.at, $1.id) }).map { refund in
      // Saturating: a refund of more than the total is a full one, however large.
      left = refund.amountMinor >= left ? 0 : left - max(0, refund.amountMinor)
      var told = event(
        .refunded,
        of: order,
        at: refund.at,
        amount: refund.amountMinor,
        parts: ["id", refund.id]
      )
      told.refundID = refund.id
      told.reason = refund.reason
      told.isFull = left == 0
      told.replaces = true
      return told
    }
  }

  /// Shops that keep no refunds say so by the payment status alone.
  private static func refundedByStatus(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    undated: Micros
  ) -> [DerivedEvent] {
    guard old?.payment != new.payment, old?.refunds.isEmpty ?? true else { return [] }
    switch new.payment {
    case .refunded:
      let isWhole = old?.payment != .partiallyRefunded
      var told = event(
        .refunded,
        of: new,
        at: undated,
        amount: isWhole ? new.totalMinor : nil,
        parts: ["full"]
      )
      told.isFull = true
      return [told]
    case .partiallyRefunded:
      if old?.payment == .refunded { return [] }
      var told = event(.refunded, of: new, at: undated, parts: ["partial"])
      told.isFull = false
      return [told]
    case .pending, .authorized, .partiallyPaid, .paid, .voided, nil:
      return []
    }
  }

  private static func event(
    _ kind: DerivedEvent.Kind,
    of order: OrderSnapshot,
    at: Micros,
    amount: Int64? = nil,
    parts: [String] = []
  ) -> DerivedEvent {
    DerivedEvent(
      kind: kind,
      occurredAt: at,
      dedupKey: key(kind.rawValue, [order.id] + parts),
      amountMinor: amount
    )
  }

  /// `type:order:part…`. Colons inside ids are escaped, or two orders could share a key; what
  /// would be too long for an event id is hashed.
  static func key(_ type: String, _ parts: [String]) -> String {
    let escaped = parts.map { part in
      var text = ""
      for scalar in part.unicodeScalars {
        switch scalar {
        case "%": text += "%25"
        case ":": text += "%3A"
        default: text.unicodeScalars.append(scalar)
        }
      }
      return text
    }
    let key = ([type] + escaped).joined(separator: ":")
    if key.utf8.count <= 255 { return key }
    return "\(type):\(NamedUUID.make(namespace: NamedUUID.patronEvents, name: Array(key.utf8)))"
  }
}
