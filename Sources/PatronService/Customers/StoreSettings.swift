internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// Appends the store's settings.
  static func getStoreSettings(
    _ request: GetStoreSettingsRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let settings = try StoreSettings(of: context.reader)
    try response.append(GetStoreSettingsResponse.with { $0.settings = settings })
  }

  /// A checked UpdateStoreSettings request.
  struct SettingsUpdate: Sendable {
    var settings: StoreSettings
    /// The settings to change.
    var fields: [StoreSettings.Setting]
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareSettings(_ request: UpdateStoreSettingsRequest, _ call: CallContext) throws
    -> SettingsUpdate
  {
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
    // A store does not raise its own limits.
    if fields.contains(where: { $0.name == "limits" }) {
      try AdminHandlers.authority(call).requireEveryStore()
    }
    // Settings outside the mask are not checked.
    var named = StoreSettings()
    for field in fields { field.copy(given, &named) }
    let settings = named.checked(&violations)
    try violations.finish()
    return SettingsUpdate(settings: settings, fields: fields)
  }

  /// Changes the store's settings.
  static func updateSettings(
    _ update: SettingsUpdate,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    let old = try StoreSettings(of: writer.read)
    var settings = old
    for field in update.fields {
      field.copy(field.isPresent(update.settings) ? update.settings : .usual, &settings)
    }
    try settings.readSharedIdentifiers()
    if settings != old {
      settings.author = writer.author.message
      try writer.setSettings(
        try settings.encoded(),
        changesLimits: settings.limits != old.limits
      )
      writer.record(.settingsUpdate, settings.changes(from: old).map(AuditTarget.setting))
    }
    if settings.sharedPhoneThreshold != old.sharedPhoneThreshold {
      try SharedPhone.refresh(in: writer)
    }
    try response.append(UpdateStoreSettingsResponse.with { $0.settings = settings })
  }
}
