/// An event that a change of an order emits on the customer's timeline.
package struct DerivedEvent: Sendable, Hashable {
  /// The kind of event. Raw values are type names of the event catalogue.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The order was created.
    case placed = "order_placed"
    /// The whole price was paid.
    case paid = "order_paid"
    /// A shipment was sent, and more are to follow.
    case partiallyFulfilled = "order_partially_fulfilled"
    /// The last shipment was sent.
    case fulfilled = "order_fulfilled"
    /// The carrier reported on a shipment.
    case shipmentChanged = "shipment_status_changed"
    /// The last shipment arrived.
    case arrived = "order_delivered"
    /// The order was cancelled.
    case cancelled = "order_cancelled"
    /// Money was refunded.
    case refunded = "order_refunded"
    /// A change that has no event of its own.
    case updated = "order_updated"

    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The fields of an order that need no other event once this one is emitted.
    package var coveredFields: Set<String> {
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

  package var kind: Kind
  /// The time of the event.
  package var occurredAt: Micros
  /// The event id, at most 255 bytes. Equal for every derivation of the same transition. An
  /// existing event with this id is left unchanged, unless ``replaces`` is true. Nil for a
  /// transition that may repeat and then is another event each time.
  package var dedupKey: String?
  /// True if the event corrects an earlier one with the same id.
  package var replaces = false
  /// The amount, in minor units of the order's currency; nil if unknown.
  package var amountMinor: Int64?
  /// The refund that the event is about.
  package var refundID: String?
  /// The shipment that the event is about.
  package var shipmentID: String?
  /// The previous progress of that shipment; nil if it was not reported.
  package var progressBefore: ShipmentProgress?
  /// The present progress of that shipment.
  package var progress: ShipmentProgress?
  /// The reason of the cancellation or refund.
  package var reason: String?
  /// The names of the changed fields, for ``Kind/updated``.
  package var changes: [String] = []
  /// True if the order is now refunded in full; nil for other kinds.
  package var isFull: Bool?

  /// The type name in the event catalogue.
  package var type: String { kind.rawValue }
}

/// The rules that derive events from an order's old and new state.
package enum OrderEvents {
  /// Returns the events of the transition from `old` to `new`, oldest first.
  ///
  /// Each transition emits one event: repeated states, and a repeat of the whole sequence, give the
  /// same ids. A corrected refund is emitted again under its id, with ``DerivedEvent/replaces``. So
  /// is a cancellation, unless its time changes: then it is another cancellation. A transition that
  /// is taken back emits nothing here; it is one of the changes emitted as
  /// ``DerivedEvent/Kind/updated``.
  ///
  /// - Parameters:
  ///   - old: The stored state; nil for a new order.
  ///   - new: The state that the shop reports; see ``OrderSnapshot/validate()``.
  ///   - observedAt: The time of the report. It dates changes of a known order that have no time;
  ///     those of a new order get the time of the order itself.
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

  /// Returns the event for changes without an event of their own.
  ///
  /// - Parameters:
  ///   - order: The state that the shop reports.
  ///   - changes: The names of the changed fields.
  ///   - observedAt: The time of the report.
  package static func updated(
    _ order: OrderSnapshot,
    changes: [String],
    observedAt: Micros
  ) -> DerivedEvent {
    var derived = DerivedEvent(kind: .updated, occurredAt: max(observedAt, order.placedAt))
    derived.changes = changes
    if changes.contains("total") { derived.amountMinor = order.totalMinor }
    return derived
  }

  /// Returns the event of the full payment. A time of payment that the shop sends later corrects
  /// it.
  private static func paid(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    undated: Micros
  ) -> [DerivedEvent] {
    let isTimeNew = new.paidAt != nil && new.paidAt != old?.paidAt
    guard new.wasPaid, !(old?.wasPaid ?? false) || isTimeNew else { return [] }
    var derived = event(.paid, of: new, at: new.paidAt ?? undated, amount: new.totalMinor)
    derived.replaces = isTimeNew
    return [derived]
  }

  private static func cancelled(
    from old: OrderSnapshot?,
    to new: OrderSnapshot
  ) -> [DerivedEvent] {
    guard let at = new.cancelledAt,
      at != old?.cancelledAt || new.cancelReason != old?.cancelReason
    else { return [] }
    var derived = event(.cancelled, of: new, at: at, parts: [String(at)])
    derived.reason = new.cancelReason
    derived.replaces = true
    return [derived]
  }

  /// Returns the events of carriers' reports on known shipments, and of the arrival of the whole
  /// order. The first report on a new shipment is not a change.
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
      var derived = DerivedEvent(
        kind: .shipmentChanged,
        occurredAt: shipment.occurredAt ?? max(undated, shipment.at)
      )
      derived.shipmentID = shipment.id
      derived.progressBefore = known.progress
      derived.progress = progress
      events.append(derived)
    }
    if new.hasArrived, !(old?.hasArrived ?? false) {
      let arrived = new.shipments.filter { $0.state == .success }
      let sent = arrived.map(\.at).max() ?? undated
      // The last arrival completes the order, if the carriers' times are all known.
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
      var derived = event(kind, of: new, at: shipment.at, parts: [shipment.id])
      derived.shipmentID = shipment.id
      return derived
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

  /// Returns the events of all refunds. One refund may change the event of another: the last one
  /// makes the refund a full one.
  private static func refunds(of order: OrderSnapshot) -> [DerivedEvent] {
    var left = order.totalMinor
    return order.refunds.sorted(by: { ($0.at, $0.id) < ($1.at, $1.id) }).map { refund in
      // Saturating: a refund of more than the total is a full refund, however large.
      left = refund.amountMinor >= left ? 0 : left - max(0, refund.amountMinor)
      var derived = event(
        .refunded,
        of: order,
        at: refund.at,
        amount: refund.amountMinor,
        parts: ["id", refund.id]
      )
      derived.refundID = refund.id
      derived.reason = refund.reason
      derived.isFull = left == 0
      derived.replaces = true
      return derived
    }
  }

  /// Handles shops that keep no refunds and report them by the payment status alone.
  private static func refundedByStatus(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    undated: Micros
  ) -> [DerivedEvent] {
    guard old?.payment != new.payment, old?.refunds.isEmpty ?? true else { return [] }
    switch new.payment {
    case .refunded:
      let isWhole = old?.payment != .partiallyRefunded
      var derived = event(
        .refunded,
        of: new,
        at: undated,
        amount: isWhole ? new.totalMinor : nil,
        parts: ["full"]
      )
      derived.isFull = true
      return [derived]
    case .partiallyRefunded:
      if old?.payment == .refunded { return [] }
      var derived = event(.refunded, of: new, at: undated, parts: ["partial"])
      derived.isFull = false
      return [derived]
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

  /// Returns `type:order:part…`. Colons inside ids are escaped, because two orders could share a
  /// key otherwise. A key that is too long for an event id is hashed.
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
