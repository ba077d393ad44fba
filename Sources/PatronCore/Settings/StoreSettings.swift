package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

extension StoreSettings {
  /// The defaults of all settings. Every field is present, except for the limits: if a store has
  /// none of its own, those of the server count.
  package static let usual = StoreSettings.with {
    $0.smsDoubleOptIn = false
    $0.emailDoubleOptIn = false
    $0.defaultCountry = ""
    $0.currencyCode = ""
    $0.allowRecreateAfterErasure = false
    $0.softBounceThreshold = 5
    $0.sharedIdentifiers = TextList()
    $0.sharedPhoneThreshold = 5
    $0.allowedExternalIDs = TextList()
    $0.timeZone = ""
    $0.optOutWords = TextList()
    $0.optInWords = TextList()
    $0.carryConsentOnAddressChange = false
  }
  private static let softBounceThresholds: ClosedRange<Int32> = 1...100

  /// Reads the settings of a store, with defaults for those that it has not set, and the author of
  /// their last change. Every setting is present.
  package init(of reader: StoreReader) throws {
    self = .usual
    guard let body = try reader.settings() else { return }
    let stored = try StoreSettings(stored: body)
    for field in Self.fields where field.isPresent(stored) { field.copy(stored, &self) }
    author = stored.author
  }

  /// Returns true if agreements to messages of a channel must be confirmed.
  package func asksForConfirmation(_ channel: PatronModel.Channel) -> Bool {
    switch channel {
    case .sms: smsDoubleOptIn ?? false
    case .email: emailDoubleOptIn ?? false
    }
  }

  /// A setting by its name in the contract.
  package struct Setting: Sendable {
    package let name: String
    package let isPresent: @Sendable (StoreSettings) -> Bool
    /// Copies the setting from the first value to the second.
    package let copy: @Sendable (StoreSettings, inout StoreSettings) -> Void

    package init<Value>(
      _ name: String,
      _ path: any WritableKeyPath<StoreSettings, Value?> & Sendable
    ) {
      self.name = name
      isPresent = { $0[keyPath: path] != nil }
      copy = { $1[keyPath: path] = $0[keyPath: path] }
    }
  }

  /// All settings.
  package static let fields: [Setting] = [
    Setting("sms_double_opt_in", \.smsDoubleOptIn),
    Setting("email_double_opt_in", \.emailDoubleOptIn),
    Setting("default_country", \.defaultCountry),
    Setting("currency_code", \.currencyCode),
    Setting("allow_recreate_after_erasure", \.allowRecreateAfterErasure),
    Setting("soft_bounce_threshold", \.softBounceThreshold),
    Setting("shared_identifiers", \.sharedIdentifiers),
    Setting("shared_phone_threshold", \.sharedPhoneThreshold),
    Setting("allowed_external_ids", \.allowedExternalIDs),
    Setting("time_zone", \.timeZone),
    Setting("opt_out_words", \.optOutWords),
    Setting("opt_in_words", \.optInWords),
    Setting("carry_consent_on_address_change", \.carryConsentOnAddressChange),
    Setting("limits", \.limits),
  ]

  /// Returns the names of the settings that differ from `old`.
  package func changes(from old: StoreSettings) -> [String] {
    Self.fields.filter { field in
      var (mine, others) = (StoreSettings(), StoreSettings())
      field.copy(self, &mine)
      field.copy(old, &others)
      return mine != others
    }.map(\.name)
  }

  private static func words(
    _ given: TextList?,
    _ path: String,
    _ violations: inout Violations
  ) -> TextList? {
    guard let given else { return nil }
    let words = violations.check(path) { () throws(RuleError) in
      try ReplyWords.checked(given.values)
    }
    return .with { $0.values = words ?? [] }
  }

  /// Returns the settings in their stored form. Adds violations.
  package func checked(_ violations: inout Violations) -> StoreSettings {
    var settings = self
    if let text = defaultCountry, !text.isEmpty {
      settings.defaultCountry =
        violations.check("settings.default_country") { () throws(RuleError) in
          try CountryCode(text).code
        }
    }
    if let text = currencyCode, !text.isEmpty {
      settings.currencyCode =
        violations.check("settings.currency_code") { () throws(RuleError) in
          try CurrencyCode(text).code
        }
    }
    if let text = timeZone, !text.isEmpty {
      settings.timeZone =
        violations.check("settings.time_zone") { () throws(RuleError) in
          try StoreTimeZone.name(text)
        }
    }
    settings.optOutWords = Self.words(optOutWords, "settings.opt_out_words", &violations)
    settings.optInWords = Self.words(optInWords, "settings.opt_in_words", &violations)
    let thresholds = Self.softBounceThresholds
    if let softBounceThreshold, !thresholds.contains(softBounceThreshold) {
      violations.add(
        "settings.soft_bounce_threshold",
        RuleError(
          reason: "SOFT_BOUNCE_THRESHOLD_OUT_OF_RANGE",
          message: "Expected are \(thresholds.lowerBound) to \(thresholds.upperBound) bounces. "
            + "Leave it out, and name it in the mask, for the default."
        )
      )
    }
    settings.checkIdentity(&violations)
    limits?.check("settings.limits", &violations)
    return settings
  }
}
