package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The flags `accepts_sms_marketing` and `accepts_email_marketing` of a shop's record, and their
/// effects on consent.
package struct MarketingFlags: Sendable {
  /// The shop's flag for SMS; nil if it gives none.
  package var sms: Bool?
  /// The shop's flag for e-mail; nil if it gives none.
  package var email: Bool?
  /// The actor of the statements.
  package var actor: ConsentActor
  /// The source of the statements.
  package var source: String
  /// The time of the statements, microseconds since 1970; nil is now. Orders and events report the
  /// past: their flags must not undo a later statement of the customer.
  var saidAt: Int64?
  /// The channels whose address, beside the flags, is the customer's.
  package var named: Set<PatronModel.Channel> = []

  /// The shop's flag for a channel; nil if it gives none.
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

  /// Removes both flags.
  mutating func clear() {
    sms = nil
    email = nil
  }

  /// Takes only the refusals of other flags, as made at `time` in microseconds since 1970. Both
  /// former flags are replaced.
  mutating func takeRefusals(of other: MarketingFlags, at time: Int64) {
    sms = other.sms == false ? false : nil
    email = other.email == false ? false : nil
    saidAt = time
  }

  /// Changes that are to be written with the record.
  package struct Effect {
    /// The changes for the ledger and the timeline.
    package var consents = ConsentChanges()
    /// Warnings for the caller.
    package var warnings: [Warning] = []
    /// The names of the record's fields that changed.
    package var changedFields: [String] = []
    /// True for a channel with a suppressed address; holds only the channels that were looked up.
    package var suppressed: [PatronModel.Channel: Bool] = [:]

    /// Inserts the effects of a change of addresses before these.
    mutating func precede(by reset: ConsentChanges) {
      guard !reset.isEmpty else { return }
      consents.precede(by: reset)
      if !changedFields.contains("subscriptions") { changedFields.append("subscriptions") }
    }
  }

  /// Applies the flags to a record that is not yet written. `now` is in microseconds since 1970.
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

  /// Returns a warning if an agreement begins but messages are still blocked, else nil. An opt-out
  /// in person that was stored for an address without a record counts as the opt-out of the
  /// customer that has the address now.
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
    // Most customers have no stored consent yet.
    guard !customer.subscriptions.isEmpty else { return nil }
    let optOut = customer.consents(channel).optOut(reaching: .marketing, of: channel)
    return optOut.map { _ in .otherTopic }
  }

  /// Stores the flag itself beside the consent that it changed.
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
  /// True if an agreement would begin a new state, which a store may want confirmed.
  fileprivate var canBegin: Bool { state == .neverSubscribed || state == .unsubscribed }
}

extension Customer {
  /// Returns the address of a channel in the form that is compared, or nil if there is none.
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
