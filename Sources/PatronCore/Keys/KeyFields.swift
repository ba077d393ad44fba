package import PatronModel

/// The checks of the fields of requests about keys, without the database.
package enum KeyFields {
  /// Maximum length of a description, in characters.
  package static let maxDescriptionLength = ShortText.limit
  /// The time for which a former secret is valid by default, in microseconds: a day.
  package static let usualOverlap: Int64 = 24 * 3600 * 1_000_000
  /// The maximum of that time, in seconds: 30 days.
  package static let maxOverlapSeconds: Int32 = 30 * 24 * 3600

  /// Returns the scopes with these names.
  ///
  /// Violations: `SCOPES_MISSING`, `SCOPE_UNKNOWN`, `SCOPE_REPEATED`.
  package static func scopes(
    _ names: [String],
    path: String = "scopes",
    _ violations: inout Violations
  ) -> ScopeSet {
    if names.isEmpty {
      violations.add(
        path,
        RuleError(
          reason: "SCOPES_MISSING",
          message: "The key would have no right. Name at least one scope, like customers:read."
        )
      )
    }
    var scopes: ScopeSet = []
    for (index, name) in names.enumerated() {
      let found = violations.check("\(path)[\(index)]") { () throws(RuleError) in
        try scope(name, besides: scopes)
      }
      if let found { scopes.formUnion(ScopeSet([found])) }
      // A list of any length is answered with a few violations.
      if violations.errors.count > Scope.allCases.count { break }
    }
    return scopes
  }

  private static func scope(
    _ name: String,
    besides others: ScopeSet
  ) throws(RuleError) -> Scope {
    guard let scope = Scope(rawValue: name) else {
      let names = Scope.allCases.map(\.rawValue)
      let near = NearestNames.of(name, among: names).first
      throw RuleError(
        reason: "SCOPE_UNKNOWN",
        message: near.map { "There is no such scope. Did you mean `\($0)`?" }
          ?? "There is no such scope. Expected is one of \(names.joined(separator: ", ")).",
        given: name
      )
    }
    guard !others.contains(scope) else {
      throw RuleError(
        reason: "SCOPE_REPEATED",
        message: "The scope is named twice. Name each once.",
        given: name
      )
    }
    return scope
  }

  /// Returns the description without surrounding white space.
  ///
  /// - Throws: `TEXT_TOO_LONG`, `TEXT_HAS_CONTROL_CHARACTER`.
  package static func description(_ text: String) throws(RuleError) -> String {
    try ShortText.parse(text, limit: maxDescriptionLength)
  }

  /// Returns the end of a key, in microseconds since 1970.
  ///
  /// - Throws: `EXPIRES_TOO_EARLY` for an end that is not later than `now`.
  package static func end(_ expiresAt: Int64, at now: Int64) throws(RuleError) -> Int64 {
    guard expiresAt > now else {
      throw RuleError(
        reason: "EXPIRES_TOO_EARLY",
        message: "The key would have ended already. Give a later time, or none."
      )
    }
    return expiresAt
  }

  /// Returns the time for which a former secret stays valid, in microseconds; a day for nil.
  ///
  /// - Throws: `OVERLAP_OUT_OF_RANGE`.
  package static func overlap(seconds: Int32?) throws(RuleError) -> Int64 {
    guard let seconds else { return usualOverlap }
    guard (0...maxOverlapSeconds).contains(seconds) else {
      throw RuleError(
        reason: "OVERLAP_OUT_OF_RANGE",
        message:
          "Expected are 0 to \(maxOverlapSeconds) seconds, which is 30 days. Leave it out for "
          + "a day."
      )
    }
    return Int64(seconds) * 1_000_000
  }

  /// Returns the id of a key.
  ///
  /// - Throws: `KEY_ID_MALFORMED`.
  package static func id(_ text: String) throws(RuleError) -> KeyID {
    guard let id = KeyID(text) else {
      throw RuleError(
        reason: "KEY_ID_MALFORMED",
        message:
          "Expected are the \(KeyID.textLength) characters of a key's id, which stand behind "
          + "`patron_` in the key."
      )
    }
    return id
  }
}
