package import PatronModel
package import PatronProto
internal import PatronStore
internal import ProtobufC

/// Settings that control how customers are identified.
extension StoreSettings {
  private static let maxSharedIdentifiers = 1000
  private static let maxExternalIDs = 100
  private static let sharedPhoneThresholds: ClosedRange<Int32> = 1...1000

  /// The country of phone numbers without a country; nil if the store has not set one.
  package var country: CountryCode? { defaultCountry.flatMap { try? CountryCode($0) } }

  /// The maximum number of e-mail addresses that may come with one phone number in a year.
  var maxEmailsPerPhone: Int { Int(sharedPhoneThreshold ?? 5) }

  /// Brings the settings into their stored form and adds violations.
  mutating func checkIdentity(_ violations: inout Violations) {
    checkSharedIdentifiers(&violations)
    let thresholds = Self.sharedPhoneThresholds
    if let sharedPhoneThreshold, !thresholds.contains(sharedPhoneThreshold) {
      violations.add(
        "settings.shared_phone_threshold",
        RuleError(
          reason: "SHARED_PHONE_THRESHOLD_OUT_OF_RANGE",
          message: "Expected are \(thresholds.lowerBound) to \(thresholds.upperBound) addresses. "
            + "Leave it out, and name it in the mask, for the default."
        )
      )
    }
    guard let allowed = allowedExternalIDs?.values else { return }
    guard allowed.count <= Self.maxExternalIDs else {
      return violations.add(
        "settings.allowed_external_ids",
        RuleError(
          reason: "EXTERNAL_IDS_TOO_MANY",
          message: "There are \(allowed.count) external ids; at most \(Self.maxExternalIDs) are "
            + "allowed."
        )
      )
    }
    let ids = allowed.enumerated().compactMap { index, text in
      violations.check("settings.allowed_external_ids.values[\(index)]") { () throws(RuleError) in
        try ExternalID(text, takesPlaceholders: true).value
      }
    }
    allowedExternalIDs = .with { $0.values = Set(ids).sorted() }
  }

  /// Checks the shared identifiers. A phone number without a country is accepted here, because the
  /// store's country may complete it later.
  private mutating func checkSharedIdentifiers(_ violations: inout Violations) {
    guard let given = sharedIdentifiers?.values else { return }
    guard given.count <= Self.maxSharedIdentifiers else {
      return violations.add(
        "settings.shared_identifiers",
        RuleError(
          reason: "SHARED_IDENTIFIERS_TOO_MANY",
          message: "There are \(given.count) addresses; at most \(Self.maxSharedIdentifiers) are "
            + "allowed."
        )
      )
    }
    for (index, text) in given.enumerated() {
      do throws(RuleError) {
        _ = try Self.sharedIdentifier(text, country: nil)
      } catch {
        guard error.reason != PhoneNumber.countryMissing else { continue }
        violations.add("settings.shared_identifiers.values[\(index)]", error)
      }
    }
  }

  /// Brings the shared identifiers into the form that is compared, with the store's country, sorted
  /// and without repeats.
  package mutating func readSharedIdentifiers() throws {
    guard let given = sharedIdentifiers?.values, !given.isEmpty else { return }
    var violations = Violations()
    let read = given.enumerated().compactMap { index, text in
      violations.check("settings.shared_identifiers.values[\(index)]") { () throws(RuleError) in
        try Self.sharedIdentifier(text, country: country)
      }
    }
    try violations.finish()
    sharedIdentifiers = .with { $0.values = Set(read).sorted() }
  }

  private static func sharedIdentifier(
    _ text: String,
    country: CountryCode?
  ) throws(RuleError) -> String {
    text.utf8.contains(UInt8(ascii: "@"))
      ? try EmailAddress(text).key : try PhoneNumber(text, defaultCountry: country).e164
  }

  /// Returns the addresses that belong to no single customer, in the form that is compared. Writes
  /// read the settings only once after each change of them.
  static func sharedIdentifiers(in reader: StoreReader) throws -> Set<String> {
    try reader.sharedIdentifiers {
      Set(try StoreSettings(of: reader).sharedIdentifiers?.values ?? [])
    }
  }
}
