/// The consent of one customer for one channel and topic, as it stands.
public struct ChannelConsent: Sendable, Hashable {
  /// The state.
  public var state: ConsentState
  /// When the customer last subscribed; nil when never.
  public var subscribedAt: Micros?
  /// When the customer last opted out; nil when never.
  public var unsubscribedAt: Micros?
  /// When the consent last changed, in the time of the evidence; nil when it never did.
  public var changedAt: Micros?
  /// Where the last agreement or opt-out was collected, e.g. `welcome_popup`; nil when unknown.
  public var source: String?
  /// How surely the agreement is the owner's.
  public var optInLevel: OptInLevel
  /// Who brought the state about; nil when it never changed.
  public var changedBy: ConsentActor?
  /// When an agreement that holds for a time only ends; nil when it does not.
  public var expiresAt: Micros?

  /// Makes a consent; without arguments it is that of a customer who was never asked.
  public init(
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
  public static let never = ChannelConsent()

  /// Whether the customer opted out in person: then only the customer can opt in again.
  public var isSticky: Bool { state == .unsubscribed && changedBy == .customer }

  /// Whether the consent is an agreement for a time that had ended by `now`.
  public func isOver(at now: Micros) -> Bool {
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
public struct ConsentStatement: Sendable, Hashable {
  /// When it happened.
  public var at: Micros
  /// Who says so.
  public var actor: ConsentActor
  /// Where it was collected; see ``ConsentRules/checkSource(_:)``.
  public var source: String?
  /// When the agreement ends, if it holds for a time only.
  public var expiresAt: Micros?

  /// Makes a statement.
  public init(at: Micros, actor: ConsentActor, source: String? = nil, expiresAt: Micros? = nil) {
    self.at = at
    self.actor = actor
    self.source = source
    self.expiresAt = expiresAt
  }
}

/// What the append-only ledger keeps of one change. Ids, channel, topic and the rest of the
/// evidence are the caller's to add.
public struct LedgerRow: Sendable, Hashable {
  /// What happened.
  public var action: ConsentAction
  /// State before.
  public var previousState: ConsentState
  /// State after. The same as before where only the certainty of the state grew.
  public var newState: ConsentState
  /// When it happened, in the time of the evidence.
  public var occurredAt: Micros
  /// Who did it.
  public var actor: ConsentActor
  /// Where it was collected.
  public var source: String?
  /// How surely it is the owner's.
  public var optInLevel: OptInLevel

  /// Makes a row.
  public init(
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
  public var changesState: Bool { previousState != newState }
}

/// Why a statement about consent was accepted but had no effect.
public enum ConsentWarning: String, Sendable, Hashable, CaseIterable {
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
  public var message: String {
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
public enum ConsentTransition: Sendable, Hashable {
  /// Nothing: write no state, no ledger row and no event.
  case unchanged(ConsentWarning?)
  /// The consent becomes the first value, and the ledger gets the row.
  case changed(ChannelConsent, LedgerRow)

  /// The consent after the transition from `current`.
  public func consent(from current: ChannelConsent) -> ChannelConsent {
    switch self {
    case .unchanged: current
    case .changed(let consent, _): consent
    }
  }
}
