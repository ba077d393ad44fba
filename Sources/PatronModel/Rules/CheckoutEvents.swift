/// The complete current state of a checkout, as far as events depend on it.
package struct CheckoutSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique in the store.
  package var token: String
  /// The start of the checkout.
  package var startedAt: Micros
  /// The time of abandonment; nil if it was not abandoned.
  package var abandonedAt: Micros?
  /// The time at which it became an order; nil if it did not, or the shop does not give the time.
  package var completedAt: Micros?
  /// True if the shop names the order that it became.
  package var namesOrder: Bool

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

  /// True if the checkout became an order.
  package var isCompleted: Bool { completedAt != nil || namesOrder }
}

/// An event that a change of a checkout emits on the customer's timeline.
package struct CheckoutEvent: Sendable, Hashable {
  /// The kind of event. Raw values are type names of the event catalogue.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The checkout was created.
    case started = "checkout_started"
    /// The checkout was abandoned.
    case abandoned = "checkout_abandoned"
    /// The checkout was abandoned, and became an order later.
    case recovered = "checkout_recovered"
  }

  package var kind: Kind
  /// The time of the event.
  package var occurredAt: Micros
  /// The event id, at most 255 bytes. Equal for every derivation of the same transition.
  package var dedupKey: String
}

/// The rules that derive events from a checkout's old and new state.
package enum CheckoutEvents {
  /// Returns the events of the transition from `old` to `new`, in the order of a checkout's life.
  ///
  /// Each transition emits one event. A checkout that is abandoned twice, at different times, emits
  /// two. A checkout that is resumed emits none until it becomes an order. A checkout that becomes
  /// an order without having been abandoned emits none: its order does.
  ///
  /// - Parameters:
  ///   - old: The stored state; nil for a new checkout.
  ///   - new: The state that the shop reports.
  ///   - observedAt: The time of the report. It dates transitions without a time of their own.
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
