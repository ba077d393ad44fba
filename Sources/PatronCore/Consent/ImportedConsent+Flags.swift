package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// Flags of an imported item, beside its states.
extension ImportedConsent {
  /// The effect of one flag.
  package struct FlagUse {
    package var channel: PatronModel.Channel
    var accepts: Bool
    /// True if the flag changes consent, as flags do in other calls; else it is only stored.
    package var acts: Bool
    /// The warning for the caller; nil if there is none.
    package var warning: Warning?
  }

  /// Returns the effects of an item's flags.
  func flagUses(_ flags: MarketingFlags, of customer: Customer, isNew: Bool) -> [FlagUse] {
    PatronModel.Channel.allCases.compactMap { channel in
      flags[channel].map { use($0, channel, of: customer, isNew: isNew) }
    }
  }

  private func use(
    _ accepts: Bool,
    _ channel: PatronModel.Channel,
    of customer: Customer,
    isNew: Bool
  ) -> FlagUse {
    let given = entries.first { $0.channel == channel && $0.topic == .marketing }?.consent.state
    let stored = customer.consent(channel, .marketing)
    func use(acts: Bool, _ warning: Warning? = nil) -> FlagUse {
      FlagUse(channel: channel, accepts: accepts, acts: acts, warning: warning)
    }
    switch (isNew, accepts, given) {
    case (true, _, _): return use(acts: given == nil)
    case (false, true, _?): return use(acts: false)
    case (false, true, nil):
      if overwrites || stored.state == .subscribed { return use(acts: overwrites) }
      return use(
        acts: false,
        stored.isSticky
          ? .about(.stickyOptOut, channel) : .kept("customer.accepts_\(channel.name)_marketing")
      )
    case (false, false, nil), (false, false, .neverSubscribed?): return use(acts: true)
    case (false, false, .unsubscribed?): return use(acts: false)
    case (false, false, .subscribed?), (false, false, .pending?):
      // Beside an agreement, a flag is new information only if it was not false already.
      let ends = stored.state == .subscribed || stored.state == .pending
      guard ends, customer.accepts(channel) != false else { return use(acts: false) }
      return overwrites ? use(acts: false, .overruled(channel)) : use(acts: true)
    }
  }

  /// Applies the flags that act, and stores the others.
  package func apply(
    _ flags: MarketingFlags,
    _ uses: [FlagUse],
    to customer: inout Customer,
    in reader: StoreReader,
    at now: Int64
  ) throws -> MarketingFlags.Effect {
    var acting = flags
    for use in uses where !use.acts { acting[use.channel] = nil }
    var effect = try acting.apply(to: &customer, in: reader, at: now)
    // Rows of an import have its action, even if a flag made the change.
    effect.consents = effect.consents.imported(Self.evidence)
    for use in uses where !use.acts {
      MarketingFlags.keep(use.accepts, use.channel, in: &customer, &effect)
    }
    effect.warnings += uses.compactMap(\.warning)
    return effect
  }
}

extension Customer {
  /// Returns the record's flag of a channel; nil if it has none.
  fileprivate func accepts(_ channel: PatronModel.Channel) -> Bool? {
    switch channel {
    case .sms: acceptsSMSMarketing
    case .email: acceptsEmailMarketing
    }
  }
}

extension Warning {
  /// Returns the warning that a false flag contradicts an agreement, and the import takes the
  /// agreement.
  fileprivate static func overruled(_ channel: PatronModel.Channel) -> Warning {
    .with {
      $0.reason = "FLAG_OVERRULED"
      $0.field = "customer.accepts_\(channel.name)_marketing"
      $0.message =
        "The flag is false and the state beside it is an agreement: this import takes the state. "
        + "To opt the customer out give the state unsubscribed, or leave it out."
    }
  }
}
