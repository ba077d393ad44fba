/// An event that a change of an order puts on the customer's timeline.
public struct DerivedEvent: Sendable, Hashable {
  /// What happened. Raw values are names of the event catalogue.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The order exists.
    case placed = "order_placed"
    /// The whole price was paid.
    case paid = "order_paid"
    /// A shipment left, and more is to come.
    case partiallyFulfilled = "order_partially_fulfilled"
    /// The last shipment left.
    case fulfilled = "order_fulfilled"
    /// The order was called off.
    case cancelled = "order_cancelled"
    /// The order counts again after it was called off.
    case reinstated = "order_updated"
    /// Money went back.
    case refunded = "order_refunded"

    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// What happened.
  public var kind: Kind
  /// When it happened.
  public var occurredAt: Micros
  /// Identifier of the event, at most 255 bytes, the same whenever the same transition is seen. An
  /// event that exists under it is left as it is, unless ``replaces`` is set.
  public var dedupKey: String
  /// Whether the event corrects an earlier one of the same key.
  public var replaces = false
  /// What it is worth, in minor units of the order's currency; nil when unknown.
  public var amountMinor: Int64?
  /// The refund that it tells of.
  public var refundID: String?
  /// The shipment that it tells of.
  public var shipmentID: String?
  /// Why the order was called off.
  public var reason: String?
  /// Of a refund: whether everything has now gone back.
  public var isFull: Bool?

  /// The type as the event catalogue has it.
  public var type: String { kind.rawValue }
}

/// What the timeline learns from an order's old and new state.
public enum OrderEvents {
  /// The events of the transition from `old` to `new`, oldest first.
  ///
  /// Each transition is told once: the same states again, and a repeat of the whole sequence, give
  /// the same keys. A refund whose amount or date is corrected is told again under its key, with
  /// ``DerivedEvent/replaces``. Paying, sending or cancelling that is taken back tells nothing,
  /// but an order that is no longer cancelled is told as `order_updated`.
  ///
  /// - Parameters:
  ///   - old: what is stored; nil for a new order.
  ///   - new: what the shop says now; see ``OrderSnapshot/validate()``.
  ///   - observedAt: when the shop says so. It dates changes of a known order that carry no date;
  ///     those of a new order are dated by the order itself.
  public static func derive(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    observedAt: Micros
  ) -> [DerivedEvent] {
    let undated = old == nil ? new.placedAt : max(observedAt, new.placedAt)
    var events: [DerivedEvent] = []
    if old == nil {
      events.append(event(.placed, of: new, at: new.placedAt, amount: new.totalMinor))
    }
    if new.payment.wasPaid, !(old?.payment.wasPaid ?? false) {
      events.append(event(.paid, of: new, at: undated, amount: new.totalMinor))
    }
    events += shipped(from: old, to: new, undated: undated)
    events += cancelled(from: old, to: new, undated: undated)
    events += refunded(from: old, to: new, undated: undated)
    return events.sorted { ($0.occurredAt, $0.kind.rank) < ($1.occurredAt, $1.kind.rank) }
  }

  private static func cancelled(
    from old: OrderSnapshot?,
    to new: OrderSnapshot,
    undated: Micros
  ) -> [DerivedEvent] {
    switch (old?.cancelledAt, new.cancelledAt) {
    case (nil, let at?):
      var told = event(.cancelled, of: new, at: at, parts: [String(at)])
      told.reason = new.cancelReason
      return [told]
    case (let at?, nil):
      return [event(.reinstated, of: new, at: undated, parts: ["reinstated", String(at)])]
    case (nil, nil), (_?, _?):
      return []
    }
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
    let before = Dictionary(
      (old?.refunds ?? []).map { ($0.id, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    var events: [DerivedEvent] = []
    var left = new.totalMinor
    for refund in new.refunds.sorted(by: { ($0.at, $0.id) < ($1.at, $1.id) }) {
      // Saturating: a refund of more than the total is a full one, however large.
      left = refund.amountMinor >= left ? 0 : left - max(0, refund.amountMinor)
      if before[refund.id] == refund { continue }
      var told = event(
        .refunded,
        of: new,
        at: refund.at,
        amount: refund.amountMinor,
        parts: ["id", refund.id]
      )
      told.refundID = refund.id
      told.isFull = left == 0
      told.replaces = before[refund.id] != nil
      events.append(told)
    }
    return events
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
    case .pending, .authorized, .partiallyPaid, .paid, .voided:
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
