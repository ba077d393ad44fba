/// The limits of an event.
package enum EventLimits {
  /// Maximum length of a source name, a type and an event id, in characters.
  package static let nameLength = 255
  /// Maximum number of properties of an event.
  package static let propertyCount = 400
  /// Maximum length of a property's name, in characters.
  package static let propertyNameLength = 64
  /// Maximum size of a property's value, in bytes of UTF-8 or, if not text, as encoded.
  package static let propertyValueBytes = 8 * 1024
  /// Maximum size of all names and values of an event, in bytes.
  package static let propertyBytes = 64 * 1024
}

/// The name and size of an event property, for checks of limits.
package struct PropertySize: Sendable, Hashable {
  package var name: String
  /// The size of the value, in bytes of UTF-8 or, if not text, as encoded.
  package var valueBytes: Int

  package init(name: String, valueBytes: Int) {
    self.name = name
    self.valueBytes = valueBytes
  }
}

/// The checks of an event before it is looked up or stored.
package enum EventRules {
  /// Checks the application of an event. It may be empty except for third parties.
  ///
  /// - Throws: `SOURCE_NAME_REQUIRED`, `NAME_TOO_LONG`, `NAME_NOT_SNAKE_CASE`.
  package static func checkSourceName(
    _ name: String,
    of source: EventSource
  ) throws(RuleError) {
    if name.isEmpty {
      guard source == .thirdParty else { return }
      throw RuleError(
        reason: "SOURCE_NAME_REQUIRED",
        message: "An event of a third party names no application. Give source_name, such as "
          + "\"helpdesk\"."
      )
    }
    try checkName(name, what: "source_name", example: "helpdesk")
  }

  /// Checks the type of an event. Types of the e-commerce platform and of own products must be in
  /// the catalogue; those of third parties are free.
  ///
  /// - Throws: `TYPE_REQUIRED`, `NAME_TOO_LONG`, `NAME_NOT_SNAKE_CASE`; `TYPE_UNKNOWN` with the
  ///   names of similarly spelled types.
  package static func checkType(_ type: String, of source: EventSource) throws(RuleError) {
    guard !type.isEmpty else {
      throw RuleError(
        reason: "TYPE_REQUIRED",
        message: "The event has no type. Give what happened, such as \"order_shipped\"."
      )
    }
    try checkName(type, what: "type", example: "order_shipped")
    guard source != .thirdParty, EventCatalogue.type(type, of: source) == nil else { return }
    throw unknownType(type, of: source)
  }

  /// Returns a caller's event id without surrounding white space: 1 to 255 characters without
  /// control characters.
  ///
  /// - Throws: `EVENT_ID_LENGTH`, `TEXT_HAS_CONTROL_CHARACTER`.
  package static func parseEventID(_ text: String) throws(RuleError) -> String {
    let id = TextForm.trimmed(text)
    let count = id.unicodeScalars.count
    guard (1...EventLimits.nameLength).contains(count) else {
      throw RuleError(
        reason: "EVENT_ID_LENGTH",
        message: "event_id has \(count) characters. Expected are 1 to \(EventLimits.nameLength); "
          + "leave it out to have one made.",
        given: id
      )
    }
    guard !id.unicodeScalars.contains(where: { $0.category == .control }) else {
      throw RuleError(
        reason: "TEXT_HAS_CONTROL_CHARACTER",
        message: "event_id holds a control character. Remove it.",
        given: id
      )
    }
    return id
  }

  /// Checks the properties of an event. Returns all violations at once, none if all are valid.
  ///
  /// Paths are `properties.<name>`, or `properties` for the whole. Reasons: `TOO_MANY_PROPERTIES`,
  /// `PROPERTY_NAME_LENGTH`, `PROPERTY_NAME_CHARACTERS`, `PROPERTY_DUPLICATE`,
  /// `PROPERTY_TOO_LARGE`, `PROPERTIES_TOO_LARGE`.
  package static func checkProperties(_ properties: some Collection<PropertySize>) -> [Violation] {
    guard properties.count <= EventLimits.propertyCount else {
      return [
        violation(
          "properties",
          "TOO_MANY_PROPERTIES",
          "The event has \(properties.count) properties; at most \(EventLimits.propertyCount) are "
            + "allowed."
        )
      ]
    }
    var violations: [Violation] = []
    var names: Set<String> = []
    var bytes = 0
    for property in properties {
      let path = "properties.\(Redaction.cut(property.name, to: EventLimits.propertyNameLength))"
      bytes += property.name.utf8.count + property.valueBytes
      if let error = nameError(property.name) {
        violations.append(Violation(path: path, error: error))
      } else if !names.insert(property.name).inserted {
        violations.append(
          violation(path, "PROPERTY_DUPLICATE", "The property is given twice. Keep one.")
        )
      }
      if property.valueBytes > EventLimits.propertyValueBytes {
        violations.append(
          violation(
            path,
            "PROPERTY_TOO_LARGE",
            "The value has \(property.valueBytes) bytes; at most "
              + "\(EventLimits.propertyValueBytes) are allowed. Shorten it or split it."
          )
        )
      }
    }
    if bytes > EventLimits.propertyBytes {
      violations.append(
        violation(
          "properties",
          "PROPERTIES_TOO_LARGE",
          "Names and values have \(bytes) bytes in all; at most \(EventLimits.propertyBytes) are "
            + "allowed. Store large content elsewhere and give its address."
        )
      )
    }
    return violations
  }
}

extension EventRules {
  private static func nameError(_ name: String) -> RuleError? {
    let count = name.unicodeScalars.count
    guard (1...EventLimits.propertyNameLength).contains(count) else {
      return RuleError(
        reason: "PROPERTY_NAME_LENGTH",
        message: "The name of a property has \(count) characters. Expected are 1 to "
          + "\(EventLimits.propertyNameLength).",
        given: name
      )
    }
    let isClean = name.unicodeScalars.allSatisfy { $0.category != .control }
    if isClean { return nil }
    return RuleError(
      reason: "PROPERTY_NAME_CHARACTERS",
      message: "The name of a property holds a control character. Remove it.",
      given: name
    )
  }

  private static func violation(_ path: String, _ reason: String, _ message: String) -> Violation {
    Violation(path: path, error: RuleError(reason: reason, message: message))
  }

  private static func checkName(
    _ name: String,
    what: String,
    example: String
  ) throws(RuleError) {
    guard name.utf8.count <= EventLimits.nameLength else {
      throw RuleError(
        reason: "NAME_TOO_LONG",
        message: "\(what) has more than \(EventLimits.nameLength) characters. Shorten it.",
        given: name
      )
    }
    guard isSnakeCase(name) else {
      throw RuleError(
        reason: "NAME_NOT_SNAKE_CASE",
        message: "\(what) is not in snake case. Expected are words of a-z and 0-9 joined by single "
          + "underscores, such as \"\(example)\".",
        given: name
      )
    }
  }

  /// Returns true if `name` is words of `a-z 0-9`, joined by single underscores.
  static func isSnakeCase(_ name: String) -> Bool {
    var previous = UInt8(ascii: "_")
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        break
      case UInt8(ascii: "_"):
        if previous == byte { return false }
      default:
        return false
      }
      previous = byte
    }
    return previous != UInt8(ascii: "_")
  }

  private static func unknownType(_ type: String, of source: EventSource) -> RuleError {
    let near = NearestNames.of(type, among: EventCatalogue.names(of: source))
    let hint =
      near.isEmpty
      ? "ListEventTypes names the known ones."
      : "Known types spelt alike: \(near.joined(separator: ", ")). ListEventTypes names all."
    return RuleError(
      reason: "TYPE_UNKNOWN",
      message: "The type is not known for source \(source.name). \(hint) Types of your own belong "
        + "to source third_party.",
      given: type
    )
  }
}
