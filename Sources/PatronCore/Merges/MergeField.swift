package import PatronModel
package import PatronProto
package import PatronStore

/// A field of a customer's record of which a merge takes one value as a whole.
package struct MergeField: Sendable {
  /// The name in the contract.
  package let name: String
  let isSet: @Sendable (Customer) -> Bool
  let isSame: @Sendable (Customer, Customer) -> Bool
  /// Copies the field of the first record into the second.
  package let copy: @Sendable (Customer, inout Customer) -> Void

  /// The fields that the caller of a merge can choose between, in the order of the contract.
  package static let all: [MergeField] = [
    field("external_id", \.externalID), field("email", \.email),
    field("phone_number", \.phoneNumber), field("first_name", \.firstName),
    field("last_name", \.lastName), field("gender", \.gender),
    field("account_created_at", \.accountCreatedAt), field("account_status", \.accountStatus),
    language, field("default_currency", \.defaultCurrency), field("address", \.address),
    field("accepts_sms_marketing", \.acceptsSMSMarketing),
    field("accepts_email_marketing", \.acceptsEmailMarketing),
  ]

  /// The fields that Patron keeps itself. Callers cannot choose between them.
  package static let own: [MergeField] = [
    field("created_at", \.createdAt)
  ]

  private static func field<Value: Equatable & SendableMetatype>(
    _ name: String,
    _ path: any WritableKeyPath<Customer, Value?> & Sendable
  ) -> MergeField {
    MergeField(
      name: name,
      isSet: { $0[keyPath: path] != nil },
      isSame: { $0[keyPath: path] == $1[keyPath: path] },
      copy: { $1[keyPath: path] = $0[keyPath: path] }
    )
  }

  /// The language, kept as a code and as the whole tag that the code was taken from.
  private static let language = MergeField(
    name: "default_language",
    isSet: { $0.defaultLanguage != nil },
    isSame: { $0.defaultLanguage == $1.defaultLanguage && $0.locale == $1.locale },
    copy: {
      $1.defaultLanguage = $0.defaultLanguage
      $1.locale = $0.locale
    }
  )
}

/// The fields that a merge takes from the secondary although the primary has them.
package struct MergePreferences: Sendable {
  private var names: Set<String> = []
  /// True if replaced addresses of the primary become free, as after any change of them.
  private(set) var freesReplaced = false
  /// True if the request replaces all tags. The tags of the secondary are then not carried over.
  private(set) var replacesTags = false

  /// The maximum number of names in a request.
  private static let mostNames = 200
  private static let properties = "custom_properties"

  /// Prefers the primary throughout.
  package init() {}

  /// Prefers the addresses of `secondary` that a request gives the merged customer.
  package init(_ given: Identifiers, of secondary: CustomerRow, replacesTags: Bool) {
    freesReplaced = true
    self.replacesTags = replacesTags
    if let email = secondary.emailKey, email == given.emailKey { names.insert("email") }
    if let phone = secondary.phone, phone == given.phone { names.insert("phone_number") }
  }

  /// Reads the names of a request. Adds the errors to `violations`.
  package init(_ names: [String], _ violations: inout Violations) {
    guard names.count <= Self.mostNames else {
      violations.add(
        "prefer_secondary",
        RuleError(
          reason: "LIST_TOO_LONG",
          message: "There are \(names.count) names; up to \(Self.mostNames) are allowed."
        )
      )
      return
    }
    for (index, name) in names.enumerated() {
      if Self.isKnown(name) {
        self.names.insert(name)
      } else {
        violations.add("prefer_secondary[\(index)]", Self.unknown(name))
      }
    }
  }

  /// Returns true if the secondary's value is preferred.
  package func contains(_ field: MergeField) -> Bool { names.contains(field.name) }

  /// Returns true if the secondary's value of a custom property is preferred.
  package func contains(property name: String) -> Bool {
    names.contains(Self.properties) || names.contains("\(Self.properties).\(name)")
  }

  private static func isKnown(_ name: String) -> Bool {
    if name == properties || MergeField.all.contains(where: { $0.name == name }) { return true }
    return name.hasPrefix(properties + ".") && name.utf8.count > properties.utf8.count + 1
  }

  private static func unknown(_ name: String) -> RuleError {
    let known = MergeField.all.map(\.name).joined(separator: ", ")
    return RuleError(
      reason: "FIELD_UNKNOWN",
      message: "It names no field of which a merge takes one value. Those are \(known), "
        + "custom_properties, and custom_properties.NAME for one of them; tags of both are kept.",
      given: Redaction.cut(name)
    )
  }
}
