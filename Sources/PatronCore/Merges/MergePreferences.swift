package import PatronModel
internal import PatronProto
package import PatronStore

/// The fields that a merge takes from the secondary although the primary has them.
package struct MergePreferences: Sendable {
  private var names: Set<String> = []
  /// True if replaced addresses of the primary become free, as after any change of them.
  private(set) var freesReplaced = false
  /// True if the request replaces all tags. The tags of the secondary are then not carried over.
  private(set) var replacesTags = false

  /// The maximum number of names in a request.
  private static let maxNames = 200
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
    guard names.count <= Self.maxNames else {
      violations.add(
        "prefer_secondary",
        RuleError(
          reason: "LIST_TOO_LONG",
          message: "There are \(names.count) names; up to \(Self.maxNames) are allowed."
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
  package func contains(_ attribute: CustomerAttribute) -> Bool {
    names.contains(attribute.name)
  }

  /// Returns true if the secondary's value of a custom property is preferred.
  package func contains(property name: String) -> Bool {
    names.contains(Self.properties) || names.contains("\(Self.properties).\(name)")
  }

  private static func isKnown(_ name: String) -> Bool {
    if name == properties || CustomerAttribute.named(name)?.mergeRule == .choice { return true }
    return name.hasPrefix(properties + ".") && name.utf8.count > properties.utf8.count + 1
  }

  private static func unknown(_ name: String) -> RuleError {
    let known = CustomerAttribute.all.filter { $0.mergeRule == .choice }.map(\.name)
      .joined(separator: ", ")
    return RuleError(
      reason: "FIELD_UNKNOWN",
      message: "It names no field of which a merge takes one value. Those are \(known), "
        + "custom_properties, and custom_properties.NAME for one of them; tags of both are kept.",
      given: Redaction.cut(name)
    )
  }
}
