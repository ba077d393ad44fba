/// The present consent of one customer for one channel and topic.
package struct ChannelConsent: Sendable, Hashable {
  package var state: ConsentState
  /// The time of the last agreement; nil if there was none.
  package var subscribedAt: Micros?
  /// The time of the last opt-out; nil if there was none.
  package var unsubscribedAt: Micros?
  /// The time of the last change, by its evidence; nil if the consent never changed.
  package var changedAt: Micros?
  /// The place where the last agreement or opt-out was collected, such as `welcome_popup`; nil if
  /// unknown.
  package var source: String?
  /// The certainty that the agreement is the address owner's own.
  package var optInLevel: OptInLevel
  /// The actor of the last change; nil if the consent never changed.
  package var changedBy: ConsentActor?
  /// The end of an agreement for a limited time; nil if it is unlimited.
  package var expiresAt: Micros?

  /// Makes a consent; without arguments that of a customer who was never asked.
  package init(
    state: ConsentState = .neverSubscribed,
    subscribedAt: Micros? = nil,
    unsubscribedAt: Micros? = nil,
    changedAt: Micros? = nil,
    source: String? = nil,
    optInLevel: OptInLevel = .unknown,
    changedBy: ConsentActor? = nil,
    expiresAt: Micros? = nil
  ) {
    self.state = state
    self.subscribedAt = subscribedAt
    self.unsubscribedAt = unsubscribedAt
    self.changedAt = changedAt
    self.source = source
    self.optInLevel = optInLevel
    self.changedBy = changedBy
    self.expiresAt = expiresAt
  }

  /// The consent of a customer who was never asked.
  package static let never = ChannelConsent()

  /// True if the customer opted out in person: only the customer can then opt in again.
  package var isSticky: Bool { state == .unsubscribed && changedBy == .customer }

  /// Returns true if the consent is an agreement for a limited time that ended at or before `now`.
  package func isOver(at now: Micros) -> Bool {
    guard state == .subscribed, let expiresAt else { return false }
    return expiresAt <= now
  }

  /// The time of the opt-out that still binds the shop; nil if there is none.
  ///
  /// A double opt-in request after an opt-out does not end it: only the confirmation does. The
  /// actor of that opt-out is not stored while the request is pending, so it counts as the
  /// customer's own.
  var bindingOptOutAt: Micros? {
    switch state {
    case .unsubscribed: changedBy == .customer ? unsubscribedAt ?? changedAt : nil
    case .pending: unsubscribedAt
    case .neverSubscribed, .subscribed: nil
    }
  }
}
