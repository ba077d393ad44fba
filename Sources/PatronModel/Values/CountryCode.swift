/// A country by its ISO 3166-1 alpha-2 code.
package struct CountryCode: Sendable, Hashable {
  /// Two upper-case letters, such as `GB`.
  package let code: String

  /// Accepts a code in any case. `UK` becomes `GB`, about which ``warning(for:)`` warns.
  ///
  /// - Throws: `COUNTRY_UNKNOWN`.
  package init(_ text: String) throws(RuleError) {
    let given = TextForm.trimmed(text).uppercased()
    let code = given == "UK" ? "GB" : given
    guard CallingCodes.table[code] != nil || Self.others[code] != nil else {
      throw RuleError(
        reason: "COUNTRY_UNKNOWN",
        message: "The country is not in ISO 3166-1. Expected is a two-letter code such as US.",
        given: text
      )
    }
    self.code = code
  }

  /// Returns the warning about an accepted spelling, or nil for an ordinary one.
  package static func warning(for text: String) -> RuleError? {
    guard TextForm.trimmed(text).uppercased() == "UK" else { return nil }
    return RuleError(
      reason: "COUNTRY_ALIAS",
      message: "UK is not an ISO 3166-1 code and was taken as GB. Send GB.",
      given: text
    )
  }

  /// All 249 assigned codes, upper case.
  package static var all: some Collection<String> { CallingCodes.table.keys }

  /// The telephone calling code, such as 44. A territory without one of its own has that of the
  /// network that serves it.
  package var callingCode: Int { CallingCodes.table[code] ?? Self.others[code] ?? 0 }

  /// Calling codes of territories whose country code ISO 3166-1 reserves or leaves to users, but
  /// that shops, carriers and tax offices send: Kosovo (`XK`), Northern Ireland (`XI`), Ceuta
  /// (`XC`), Melilla (`XL`), both (`EA`), the Canary Islands (`IC`), Ascension (`AC`), Tristan da
  /// Cunha (`TA`), Diego Garcia (`DG`), Clipperton (`CP`), Sark (`CQ`). Sources: CLDR's region
  /// codes, Eurostat's geonomenclature, Shopify's country codes.
  private static let others = [
    "XK": 383, "XI": 44, "XC": 34, "XL": 34, "EA": 34, "IC": 34, "AC": 247, "TA": 290, "DG": 246,
    "CP": 33, "CQ": 44,
  ]
}
