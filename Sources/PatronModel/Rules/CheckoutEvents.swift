/// What events need of a checkout's whole current state.
package struct CheckoutSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique within the store.
  package var token: String
  /// When it began.
  package var startedAt: Micros
  /// When it was given up; nil while it is not.
  package var abandonedAt: Micros?
  /// When it became an order; nil while it did not, or where the shop does not say when.
  package var completedAt: Micros?
  /// Whether an order is named that it became.
  package var namesOrder: Bool

  /// Makes a snapshot.
  package init(
    token: String,
    startedAt: Micros,
    abandonedAt: Micros? = nil,
    completedAt: Micros? = nil,
    namesOrder: Bool = false
  ) {
    self.token = token
    self.startedAt = startedAt
    self.abandonedAt = abandonedAt
    self.completedAt = completedAt
    self.namesOrder = namesOrder
  }

  /// Whether it became an order.
  package var isCompleted: Bool { completedAt != nil || namesOrder }
}

/// An event that a change of a checkout puts on the customer's timeline.
package struct CheckoutEvent: Sendable, Hashable {
  /// What happened. Raw values are names of the event catalogue.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The checkout exists.
    case started = "checkout_started"
    /// It was given up.
    case abandoned = "checkout_abandoned"
    /// It was given up, and became an order after all.
    case recovered = "checkout_recovered"
  }

  /// What happened.
  package var kind: Kind
  /// When it happened.
  package var occurredAt: Micros
  /// Identifier of the event, at most 255 bytes, the same whenever the same transition is seen.
  package var dedupKey: String
}

/// What the timeline learns from a checkout's old and new state.
package enum CheckoutEvents {
  /// The events of the transition from `old` to `new`, in the order of the life of a checkout.
  ///
  /// Each transition is told once. A checkout that is given up twice, with another time, is told
  /// twice; one that is taken up again tells nothing until it becomes an order; one that becomes
  /// an order without ever being given up is told by its order alone.
  ///
  /// - Parameters:
  ///   - old: what is stored; nil for a new checkout.
  ///   - new: what the shop says now.
  ///   - observedAt: when the shop says so. It dates what carries no date.
  package static func derive(
    from old: CheckoutSnapshot?,
    to new: CheckoutSnapshot,
    observedAt: Micros
  ) -> [CheckoutEvent] {
    var events: [CheckoutEvent] = []
    if old == nil { events.append(event(.started, of: new, at: new.startedAt)) }
    if let at = new.abandonedAt, at != old?.abandonedAt {
      events.append(event(.abandoned, of: new, at: at, parts: [String(at)]))
    }
    let wasAbandoned = new.abandonedAt != nil || old?.abandonedAt != nil
    let isNews = !(old?.isCompleted ?? false) || old?.abandonedAt == nil
    if new.isCompleted, wasAbandoned, isNews {
      let at = new.completedAt ?? max(observedAt, new.startedAt)
      events.append(event(.recovered, of: new, at: at))
    }
    return events
  }

  private static func event(
    _ kind: CheckoutEvent.Kind,
    of checkout: CheckoutSnapshot,
    at: Micros,
    parts: [String] = []
  ) -> CheckoutEvent {
    CheckoutEvent(
      kind: kind,
      occurredAt: at,
      dedupKey: OrderEvents.key(kind.rawValue, [checkout.token] + parts)
    )
  }
}
