internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension StoreSettings {
  /// Soft bounces in a row that suppress an address, where a store does not say.
  static let usualSoftBounceThreshold: Int32 = 5
  private static let greatestSoftBounceThreshold: Int32 = 100

  /// The settings of a store; the usual ones where it never changed any.
  init(of reader: StoreReader) throws {
    if let body = try reader.settings() {
      try self.init(stored: body)
    } else {
      self.init()
    }
    if softBounceThreshold == 0 { softBounceThreshold = Self.usualSoftBounceThreshold }
  }

  /// Whether agreements to messages of a channel are to be confirmed.
  func asksForConfirmation(_ channel: PatronModel.Channel) -> Bool {
    switch channel {
    case .sms: smsDoubleOptIn
    case .email: emailDoubleOptIn
    }
  }

  /// The fields by their names in the contract: how one is taken over from other settings.
  static let fields: [String: @Sendable (inout StoreSettings, StoreSettings) -> Void] = [
    "sms_double_opt_in": { $0.smsDoubleOptIn = $1.smsDoubleOptIn },
    "email_double_opt_in": { $0.emailDoubleOptIn = $1.emailDoubleOptIn },
    "default_country": { $0.defaultCountry = $1.defaultCountry },
    "currency_code": { $0.currencyCode = $1.currencyCode },
    "allow_recreate_after_erasure": {
      $0.allowRecreateAfterErasure = $1.allowRecreateAfterErasure
    },
    "soft_bounce_threshold": { $0.softBounceThreshold = $1.softBounceThreshold },
  ]

  /// The settings in the form in which they are stored; what is wrong is added to `violations`.
  func checked(_ violations: inout Violations) -> StoreSettings {
    var settings = self
    if !defaultCountry.isEmpty {
      settings.defaultCountry =
        violations.check("settings.default_country") { () throws(RuleError) in
          try CountryCode(defaultCountry).code
        } ?? ""
    }
    if !currencyCode.isEmpty {
      settings.currencyCode =
        violations.check("settings.currency_code") { () throws(RuleError) in
          try CurrencyCode(currencyCode).code
        } ?? ""
    }
    if !(0...Self.greatestSoftBounceThreshold).contains(softBounceThreshold) {
      violations.add(
        "settings.soft_bounce_threshold",
        RuleError(
          reason: "SOFT_BOUNCE_THRESHOLD_OUT_OF_RANGE",
          message: "Expected are 1 to \(Self.greatestSoftBounceThreshold) bounces, or 0 for "
            + "\(Self.usualSoftBounceThreshold)."))
    }
    if softBounceThreshold == 0 {
      settings.softBounceThreshold = Self.usualSoftBounceThreshold
    }
    return settings
  }
}

extension CustomerHandlers {
  /// The store's settings.
  static func getStoreSettings(
    _ request: GetStoreSettingsRequest, _ context: ReadContext, _ response: inout ResponseBuffer
  ) throws {
    let settings = try StoreSettings(of: try context.store(request.storeID))
    try response.append(GetStoreSettingsResponse.with { $0.settings = settings })
  }

  /// A checked request.
  struct SettingsUpdate: Sendable {
    var store: StoreID
    var settings: StoreSettings
    /// Names of the fields to take over.
    var fields: [String]
  }

  /// Checks everything that needs no look at the store.
  static func prepareSettings(_ request: UpdateStoreSettingsRequest) throws -> SettingsUpdate {
    let store = try StoreID.named(request.storeID)
    var violations = Violations()
    let paths = request.updateMask?.paths ?? []
    for (index, path) in paths.enumerated() where StoreSettings.fields[path] == nil {
      violations.add(
        "update_mask.paths[\(index)]",
        RuleError(
          reason: "MASK_PATH_UNKNOWN",
          message: "It is no field of the settings. Expected are "
            + StoreSettings.fields.keys.sorted().joined(separator: ", ") + ".",
          given: path))
    }
    if request.settings == nil {
      violations.add(
        "settings",
        RuleError(reason: "SETTINGS_MISSING", message: "No settings are given: say which to set."))
    }
    let fields = paths.isEmpty ? StoreSettings.fields.keys.sorted() : paths
    var given = StoreSettings()
    for name in fields { StoreSettings.fields[name]?(&given, request.settings ?? given) }
    let settings = given.checked(&violations)
    try violations.finish()
    return SettingsUpdate(store: store, settings: settings, fields: fields)
  }

  /// Changes the store's settings.
  static func updateSettings(
    _ update: SettingsUpdate, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws {
    let writer = context.store(update.store)
    let old = try StoreSettings(of: writer.read)
    var settings = old
    for name in update.fields { StoreSettings.fields[name]?(&settings, update.settings) }
    if settings != old { try writer.setSettings(try settings.encoded()) }
    try response.append(UpdateStoreSettingsResponse.with { $0.settings = settings })
  }
}
