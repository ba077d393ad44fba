internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension StoreSettings {
  /// Settings of a store that never changed any. Every field is present.
  static let usual = StoreSettings.with {
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

  /// The settings of a store, with the usual values where it set none. Every field is present.
  init(of reader: StoreReader) throws {
    self = .usual
    guard let body = try reader.settings() else { return }
    let stored = try StoreSettings(stored: body)
    for field in Self.fields where field.isPresent(stored) { field.copy(stored, &self) }
  }

  /// Whether agreements to messages of a channel are to be confirmed.
  func asksForConfirmation(_ channel: PatronModel.Channel) -> Bool {
    switch channel {
    case .sms: smsDoubleOptIn ?? false
    case .email: emailDoubleOptIn ?? false
    }
  }

  /// One field by its name in the contract.
  struct Field: Sendable {
    let name: String
    let isPresent: @Sendable (StoreSettings) -> Bool
    /// Copies the field from the first settings to the second ones.
    let copy: @Sendable (StoreSettings, inout StoreSettings) -> Void

    init<Value>(_ name: String, _ path: any WritableKeyPath<StoreSettings, Value?> & Sendable) {
      self.name = name
      isPresent = { $0[keyPath: path] != nil }
      copy = { $1[keyPath: path] = $0[keyPath: path] }
    }
  }

  /// Every field.
  static let fields: [Field] = [
    Field("sms_double_opt_in", \.smsDoubleOptIn),
    Field("email_double_opt_in", \.emailDoubleOptIn),
    Field("default_country", \.defaultCountry),
    Field("currency_code", \.currencyCode),
    Field("allow_recreate_after_erasure", \.allowRecreateAfterErasure),
    Field("soft_bounce_threshold", \.softBounceThreshold),
    Field("shared_identifiers", \.sharedIdentifiers),
    Field("shared_phone_threshold", \.sharedPhoneThreshold),
    Field("allowed_external_ids", \.allowedExternalIDs),
    Field("time_zone", \.timeZone),
    Field("opt_out_words", \.optOutWords),
    Field("opt_in_words", \.optInWords),
    Field("carry_consent_on_address_change", \.carryConsentOnAddressChange),
  ]

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

  /// The settings in the form in which they are stored; what is wrong is added to `violations`.
  func checked(_ violations: inout Violations) -> StoreSettings {
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
    return settings
  }
}

extension CustomerHandlers {
  /// The store's settings.
  static func getStoreSettings(
    _ request: GetStoreSettingsRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let settings = try StoreSettings(of: try context.store(request.storeID))
    try response.append(GetStoreSettingsResponse.with { $0.settings = settings })
  }

  /// A checked request.
  struct SettingsUpdate: Sendable {
    var store: StoreID
    var settings: StoreSettings
    /// The fields to set.
    var fields: [StoreSettings.Field]
  }

  /// Checks everything that needs no look at the store.
  static func prepareSettings(_ request: UpdateStoreSettingsRequest) throws -> SettingsUpdate {
    let store = try StoreID.named(request.storeID)
    var violations = Violations()
    let paths = request.updateMask?.paths ?? []
    let names = StoreSettings.fields.map(\.name)
    for (index, path) in paths.enumerated() where !names.contains(path) {
      violations.add(
        "update_mask.paths[\(index)]",
        RuleError(
          reason: "MASK_PATH_UNKNOWN",
          message: "It is no field of the settings. Expected are "
            + names.sorted().joined(separator: ", ") + ".",
          given: path
        )
      )
    }
    if request.settings == nil {
      violations.add(
        "settings",
        RuleError(reason: "SETTINGS_MISSING", message: "No settings are given: say which to set.")
      )
    }
    let given = request.settings ?? StoreSettings()
    let fields = StoreSettings.fields.filter {
      paths.isEmpty ? $0.isPresent(given) : paths.contains($0.name)
    }
    // What the mask leaves out is not looked at.
    var named = StoreSettings()
    for field in fields { field.copy(given, &named) }
    let settings = named.checked(&violations)
    try violations.finish()
    return SettingsUpdate(store: store, settings: settings, fields: fields)
  }

  /// Changes the store's settings.
  static func updateSettings(
    _ update: SettingsUpdate,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.store(update.store)
    let old = try StoreSettings(of: writer.read)
    var settings = old
    for field in update.fields {
      field.copy(field.isPresent(update.settings) ? update.settings : .usual, &settings)
    }
    try settings.readSharedIdentifiers()
    if settings != old { try writer.setSettings(try settings.encoded()) }
    if settings.sharedPhoneThreshold != old.sharedPhoneThreshold {
      try SharedPhone.refresh(in: writer)
    }
    try response.append(UpdateStoreSettingsResponse.with { $0.settings = settings })
  }
}
