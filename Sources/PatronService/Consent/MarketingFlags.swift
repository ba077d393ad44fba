internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// The flags `accepts_sms_marketing` and `accepts_email_marketing` of a shop's record, and what
/// they do to consent.
struct MarketingFlags: Sendable {
  /// What the shop says of SMS; nil when it says nothing.
  var sms: Bool?
  /// What the shop says of e-mail.
  var email: Bool?
  /// Who says so.
  var actor: ConsentActor
  /// Where it was collected.
  var source: String
  /// When the shop said so, microseconds since 1970; nil is now. Orders and events tell of the
  /// past: what they say must not undo what the customer said since.
  var saidAt: Int64?

  /// Says nothing.
  mutating func clear() {
    sms = nil
    email = nil
  }

  /// Changes that wait to be written with the record.
  struct Effect {
    /// What the ledger and the timeline are to tell.
    var consents = ConsentChanges()
    /// What the caller should know.
    var warnings: [Warning] = []
    /// Names of the fields that changed.
    var changedFields: [String] = []
  }

  /// Applies the flags to a record that is not written yet. `doubleOptIn` tells whether the store
  /// wants agreements of a channel confirmed.
  func apply(
    to customer: inout Customer, at now: Int64,
    doubleOptIn: (PatronModel.Channel) throws -> Bool
  ) throws -> Effect {
    var effect = Effect()
    for (channel, accepts) in [(PatronModel.Channel.sms, sms), (.email, email)] {
      guard let accepts else { continue }
      let current = customer.consent(channel, .marketing)
      let transition = ConsentRules.applyFlag(
        accepts, at: min(saidAt ?? now, now), to: current,
        doubleOptIn: try accepts && current.canBegin && doubleOptIn(channel), actor: actor,
        source: source)
      switch transition {
      case .unchanged(let warning):
        if let warning { effect.warnings.append(.about(warning, channel)) }
        if warning == .outdated { continue }
      case .changed(let consent, let row):
        customer.setConsent(consent, channel, .marketing, ledgerID: 0)
        effect.consents.add(row, channel, .marketing, .with { $0.method = .flag })
      }
      Self.keep(accepts, channel, in: &customer, &effect)
    }
    if !effect.consents.isEmpty { effect.changedFields.append("subscriptions") }
    return effect
  }

  /// Keeps the flag itself beside the consent that it changed.
  static func keep(
    _ accepts: Bool, _ channel: PatronModel.Channel, in customer: inout Customer,
    _ effect: inout Effect
  ) {
    var changed = ChangedFields()
    switch channel {
    case .sms: changed.set("accepts_sms_marketing", &customer.acceptsSMSMarketing, accepts)
    case .email: changed.set("accepts_email_marketing", &customer.acceptsEmailMarketing, accepts)
    }
    effect.changedFields += changed.names
  }
}

extension ChannelConsent {
  /// Whether an agreement would begin something, which a store may want confirmed.
  fileprivate var canBegin: Bool { state == .neverSubscribed || state == .unsubscribed }
}

extension Warning {
  static func about(_ warning: ConsentWarning, _ channel: PatronModel.Channel) -> Warning {
    .with {
      $0.reason = warning.rawValue
      $0.field = "customer.accepts_\(channel.name)_marketing"
      $0.message = warning.message
    }
  }

  static func about(_ violation: Violation) -> Warning {
    .with {
      $0.reason = violation.error.reason
      $0.field = violation.path
      $0.message = violation.error.message
    }
  }
}
