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

/// A statement about a consent: the part of the evidence that the rules read.
package struct ConsentStatement: Sendable, Hashable {
  /// The time of the statement.
  package var at: Micros
  /// The actor who makes the statement.
  package var actor: ConsentActor
  /// The place of collection; see ``ConsentRules/checkSource(_:)``.
  package var source: String?
  /// The end of an agreement for a limited time.
  package var expiresAt: Micros?

  package init(at: Micros, actor: ConsentActor, source: String? = nil, expiresAt: Micros? = nil) {
    self.at = at
    self.actor = actor
    self.source = source
    self.expiresAt = expiresAt
  }
}

/// The ledger row of one change, as far as the rules know it. The caller adds ids, channel, topic
/// and the rest of the evidence.
package struct LedgerRow: Sendable, Hashable {
  /// The kind of change.
  package var action: ConsentAction
  /// The state before the change.
  package var previousState: ConsentState
  /// The state after the change. Equal to the previous state if only its certainty grew.
  package var newState: ConsentState
  /// The time of the change, by its evidence.
  package var occurredAt: Micros
  /// The actor of the change.
  package var actor: ConsentActor
  /// The place of collection.
  package var source: String?
  /// The certainty that the agreement is the address owner's own.
  package var optInLevel: OptInLevel

  package init(
    action: ConsentAction,
    previousState: ConsentState,
    newState: ConsentState,
    occurredAt: Micros,
    actor: ConsentActor,
    source: String?,
    optInLevel: OptInLevel
  ) {
    self.action = action
    self.previousState = previousState
    self.newState = newState
    self.occurredAt = occurredAt
    self.actor = actor
    self.source = source
    self.optInLevel = optInLevel
  }

  /// True if the state itself changed, so that the change belongs on the timeline.
  package var changesState: Bool { previousState != newState }
}

/// The reason why a statement about consent was accepted but had no effect.
package enum ConsentWarning: String, Sendable, Hashable, CaseIterable {
  /// The customer opted out in person. A flag from the shop cannot undo that.
  case stickyOptOut = "STICKY_OPT_OUT"
  /// The statement is older than the stored consent.
  case outdated = "CONSENT_OUTDATED"
  /// The customer's agreement has expired. A flag from the shop does not prolong it.
  case expired = "CONSENT_EXPIRED"
  /// The customer requested messages and has not confirmed yet. A flag from the shop is not a
  /// confirmation.
  case pending = "CONSENT_PENDING"
  /// The customer opted out of another topic in person, which stops this topic too.
  case otherTopic = "OTHER_TOPIC_OPT_OUT"
  /// The address is suppressed.
  case addressSuppressed = "ADDRESS_SUPPRESSED"

  /// A message for people, without personal data.
  package var message: String {
    switch self {
    case .stickyOptOut:
      "The customer opted out in person: the flag was stored, and the consent stayed as it was. "
        + "Only a newer consent of the customer's own (SubscribeCustomer with its evidence) "
        + "subscribes again."
    case .outdated:
      "The statement is older than the consent that is stored, so it changed nothing."
    case .expired:
      "The agreement has ended, and a flag does not prolong it: nothing may be sent. A new "
        + "agreement (SubscribeCustomer with its evidence) does."
    case .pending:
      "The customer has not confirmed the subscription yet, and a flag does not do that: nothing "
        + "may be sent before ConfirmSubscription."
    case .otherTopic:
      "The customer opted out in person of review requests or loyalty, which stops marketing by "
        + "the channel too: nothing may be sent before the customer agrees in person."
    case .addressSuppressed:
      "The address is suppressed: nothing may be sent to it, whatever was agreed. The full view of "
        + "the customer shows why; UnsuppressCustomer lifts it."
    }
  }
}

/// The effect of a statement on a consent.
package enum ConsentTransition: Sendable, Hashable {
  /// No effect: write no state, no ledger row and no event.
  case unchanged(ConsentWarning?)
  /// The consent becomes the first value, and the row is added to the ledger.
  case changed(ChannelConsent, LedgerRow)

  /// Returns the consent after the transition from `current`.
  package func consent(from current: ChannelConsent) -> ChannelConsent {
    switch self {
    case .unchanged: current
    case .changed(let consent, _): consent
    }
  }
}
