/// The consent of one customer for one channel and topic, as it stands.
package struct ChannelConsent: Sendable, Hashable {
  /// The state.
  package var state: ConsentState
  /// When the customer last subscribed; nil when never.
  package var subscribedAt: Micros?
  /// When the customer last opted out; nil when never.
  package var unsubscribedAt: Micros?
  /// When the consent last changed, in the time of the evidence; nil when it never did.
  package var changedAt: Micros?
  /// Where the last agreement or opt-out was collected, e.g. `welcome_popup`; nil when unknown.
  package var source: String?
  /// How surely the agreement is the owner's.
  package var optInLevel: OptInLevel
  /// Who brought the state about; nil when it never changed.
  package var changedBy: ConsentActor?
  /// When an agreement that holds for a time only ends; nil when it does not.
  package var expiresAt: Micros?

  /// Makes a consent; without arguments it is that of a customer who was never asked.
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

  /// Whether the customer opted out in person: then only the customer can opt in again.
  package var isSticky: Bool { state == .unsubscribed && changedBy == .customer }

  /// Whether the consent is an agreement for a time that had ended by `now`.
  package func isOver(at now: Micros) -> Bool {
    guard state == .subscribed, let expiresAt else { return false }
    return expiresAt <= now
  }

  /// When the opt-out that still binds the shop was given; nil when there is none.
  ///
  /// A request for double opt-in that follows an opt-out does not end it: only the confirmation
  /// does. Whose opt-out it was is not kept while pending, so it is taken as the customer's.
  var bindingOptOutAt: Micros? {
    switch state {
    case .unsubscribed: changedBy == .customer ? unsubscribedAt ?? changedAt : nil
    case .pending: unsubscribedAt
    case .neverSubscribed, .subscribed: nil
    }
  }
}

/// Who says what about a consent, and when: the part of the evidence that decides.
package struct ConsentStatement: Sendable, Hashable {
  /// When it happened.
  package var at: Micros
  /// Who says so.
  package var actor: ConsentActor
  /// Where it was collected; see ``ConsentRules/checkSource(_:)``.
  package var source: String?
  /// When the agreement ends, if it holds for a time only.
  package var expiresAt: Micros?

  /// Makes a statement.
  package init(at: Micros, actor: ConsentActor, source: String? = nil, expiresAt: Micros? = nil) {
    self.at = at
    self.actor = actor
    self.source = source
    self.expiresAt = expiresAt
  }
}

/// What the append-only ledger keeps of one change. Ids, channel, topic and the rest of the
/// evidence are the caller's to add.
package struct LedgerRow: Sendable, Hashable {
  /// What happened.
  package var action: ConsentAction
  /// State before.
  package var previousState: ConsentState
  /// State after. The same as before where only the certainty of the state grew.
  package var newState: ConsentState
  /// When it happened, in the time of the evidence.
  package var occurredAt: Micros
  /// Who did it.
  package var actor: ConsentActor
  /// Where it was collected.
  package var source: String?
  /// How surely it is the owner's.
  package var optInLevel: OptInLevel

  /// Makes a row.
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

  /// Whether the state itself changed, which is what a timeline tells.
  package var changesState: Bool { previousState != newState }
}

/// Why a statement about consent was accepted but had no effect.
package enum ConsentWarning: String, Sendable, Hashable, CaseIterable {
  /// The customer opted out in person; a flag of the shop cannot undo that.
  case stickyOptOut = "STICKY_OPT_OUT"
  /// The statement is older than what is known.
  case outdated = "CONSENT_OUTDATED"
  /// The customer agreed for a time that is over; a flag of the shop does not prolong that.
  case expired = "CONSENT_EXPIRED"
  /// The customer asked for messages and did not confirm yet; a flag of the shop does not do it.
  case pending = "CONSENT_PENDING"
  /// The customer opted out in person of another topic, which stops this one too.
  case otherTopic = "OTHER_TOPIC_OPT_OUT"
  /// The address is suppressed.
  case addressSuppressed = "ADDRESS_SUPPRESSED"

  /// One sentence for people, without personal data.
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

/// What a statement does to a consent.
package enum ConsentTransition: Sendable, Hashable {
  /// Nothing: write no state, no ledger row and no event.
  case unchanged(ConsentWarning?)
  /// The consent becomes the first value, and the ledger gets the row.
  case changed(ChannelConsent, LedgerRow)

  /// The consent after the transition from `current`.
  package func consent(from current: ChannelConsent) -> ChannelConsent {
    switch self {
    case .unchanged: current
    case .changed(let consent, _): consent
    }
  }
}
