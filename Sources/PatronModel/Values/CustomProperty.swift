/// The rules for custom properties: `name` → ``PropertyValue``.
package enum CustomProperty {
  /// Maximum number of properties of a customer or event.
  package static let countLimit = 100
  /// Maximum length of a name, in characters.
  package static let nameLimit = 32

  /// Checks a name: 1 to 32 lower-case ASCII letters, digits and `_`.
  ///
  /// - Throws: `PROPERTY_NAME_MALFORMED`, `PROPERTY_NAME_TOO_LONG`.
  package static func checkName(_ name: String) throws(RuleError) {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isPlain, !name.isEmpty else {
      throw RuleError(
        reason: "PROPERTY_NAME_MALFORMED",
        message: """
          The property's name is malformed. Expected are lower-case letters a-z, digits and \
          underscores, e.g. shoe_size.
          """,
        given: name
      )
    }
    guard name.utf8.count <= nameLimit else {
      throw RuleError(
        reason: "PROPERTY_NAME_TOO_LONG",
        message: "The property's name is longer than \(nameLimit) characters. Shorten it.",
        given: name
      )
    }
  }

  /// Checks the number of properties after a change.
  ///
  /// - Throws: `PROPERTIES_TOO_MANY`.
  package static func checkCount(_ count: Int) throws(RuleError) {
    guard count <= countLimit else {
      throw RuleError(
        reason: "PROPERTIES_TOO_MANY",
        message: """
          There would be \(count) custom properties; at most \(countLimit) are allowed. Remove \
          some by setting them to an empty string.
          """
      )
    }
  }
}

/// The value of a custom property.
package enum PropertyValue: Sendable, Hashable {
  /// Text of at most 255 Unicode scalars. An empty text removes the property.
  case string(String)
  case bool(Bool)
  /// A whole number.
  case int(Int64)
  /// A finite number.
  case double(Double)
  /// An instant.
  case timestamp(Timestamp)
  /// A calendar date without a time of day.
  case date(CivilDate)

  /// True if setting this value removes the property.
  package var removes: Bool { self == .string("") }

  /// Checks the value.
  ///
  /// - Throws: The errors of ``ShortText/check(_:limit:)``; `PROPERTY_NOT_FINITE`.
  package func check() throws(RuleError) {
    switch self {
    case .string(let text): try ShortText.check(text)
    case .double(let number) where !number.isFinite:
      throw RuleError(
        reason: "PROPERTY_NOT_FINITE",
        message: "The property is infinite or not a number. Expected is a finite number."
      )
    case .bool, .int, .double, .timestamp, .date: break
    }
  }
}
