package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The flags `accepts_sms_marketing` and `accepts_email_marketing` of a shop's record, and what
/// they do to consent.
package struct MarketingFlags: Sendable {
  /// What the shop says of SMS; nil when it says nothing.
  package var sms: Bool?
  /// What the shop says of e-mail.
  package var email: Bool?
  /// Who says so.
  package var actor: ConsentActor
  /// Where it was collected.
  package var source: String
  /// When the shop said so, microseconds since 1970; nil is now. Orders and events tell of the
  /// past: what they say must not undo what the customer said since.
  var saidAt: Int64?
  /// Channels of which the customer's address stands beside them.
  package var named: Set<PatronModel.Channel> = []

  /// What the shop says of a channel.
  package subscript(channel: PatronModel.Channel) -> Bool? {
    get {
      switch channel {
      case .sms: sms
      case .email: email
      }
    }
    set {
      switch channel {
      case .sms: sms = newValue
      case .email: email = newValue
      }
    }
  }

  /// Says nothing.
  mutating func clear() {
    sms = nil
    email = nil
  }

  /// Takes what other flags refuse, as said at a time in microseconds since 1970, and nothing that
  /// they agree to.
  mutating func takeRefusals(of other: MarketingFlags, at time: Int64) {
    sms = other.sms == false ? false : nil
    email = other.email == false ? false : nil
    saidAt = time
  }

  /// Changes that wait to be written with the record.
  package struct Effect {
    /// What the ledger and the timeline are to tell.
    package var consents = ConsentChanges()
    /// What the caller should know.
    package var warnings: [Warning] = []
    /// Names of the fields that changed.
    package var changedFields: [String] = []
    /// Whether the address is suppressed, of channels of which that was looked up.
    package var suppressed: [PatronModel.Channel: Bool] = [:]

    /// Puts what a change of addresses did to consent before it.
    mutating func precede(by reset: ConsentChanges) {
      guard !reset.isEmpty else { return }
      consents.precede(by: reset)
      if !changedFields.contains("subscriptions") { changedFields.append("subscriptions") }
    }
  }

  /// Applies the flags to a record that is not written yet.
  package func apply(
    to customer: inout Customer,
    in reader: StoreReader,
    at now: Int64
  ) throws -> Effect {
    var effect = Effect()
    for (channel, accepts) in [(PatronModel.Channel.sms, sms), (.email, email)] {
      guard let accepts else { continue }
      let current = customer.consent(channel, .marketing)
      let begins = accepts && current.canBegin
      var transition = ConsentRules.applyFlag(
        accepts,
        at: min(saidAt ?? now, now),
        to: current,
        doubleOptIn: try begins && StoreSettings(of: reader).asksForConfirmation(channel),
        actor: actor,
        source: source,
        namesAddress: named.contains(channel)
      )
      if begins, case .changed = transition {
        switch try Self.obstacle(channel, to: customer, reader, &effect) {
        case .stickyOptOut: transition = .unchanged(.stickyOptOut)
        case let other?: effect.warnings.append(.about(other, channel))
        case nil: break
        }
      }
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

  /// What the shop should know where an agreement begins and nothing may be sent all the same. The
  /// opt-out in person of an address without a record is one of the customer who has it now.
  private static func obstacle(
    _ channel: PatronModel.Channel,
    to customer: Customer,
    _ reader: StoreReader,
    _ effect: inout Effect
  ) throws -> ConsentWarning? {
    if let address = try customer.address(channel) {
      let suppressions = try SuppressionReader(reader).suppressions(channel, of: address)
      effect.suppressed[channel] = !suppressions.isEmpty
      let optOut = PatronModel.SuppressionReason.unsubscribed.rawValue
      if suppressions.contains(where: { $0.reason == optOut }) { return .stickyOptOut }
      if !suppressions.isEmpty { return .addressSuppressed }
    }
    // Of most customers nothing is known yet.
    guard !customer.subscriptions.isEmpty else { return nil }
    let optOut = customer.consents(channel).optOut(reaching: .marketing, of: channel)
    return optOut.map { _ in .otherTopic }
  }

  /// Keeps the flag itself beside the consent that it changed.
  package static func keep(
    _ accepts: Bool,
    _ channel: PatronModel.Channel,
    in customer: inout Customer,
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

extension Customer {
  /// The address of a channel in the form that is compared; nil when there is none.
  package func address(_ channel: PatronModel.Channel) throws -> String? {
    switch channel {
    case .sms: phoneNumber
    case .email: try email.map { try EmailAddress($0).key }
    }
  }
}

extension Warning {
  package static func about(_ warning: ConsentWarning, _ channel: PatronModel.Channel) -> Warning {
    about(warning, field: "customer.accepts_\(channel.name)_marketing")
  }

  package static func about(_ warning: ConsentWarning, field: String) -> Warning {
    .with {
      $0.reason = warning.rawValue
      $0.field = field
      $0.message = warning.message
    }
  }

  package static func about(_ violation: Violation) -> Warning {
    .with {
      $0.reason = violation.error.reason
      $0.field = violation.path
      $0.message = violation.error.message
      guard let rule = violation.rule else { return }
      $0.rule = rule
      $0.given = violation.error.given ?? ""
    }
  }
}
