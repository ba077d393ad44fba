package import PatronModel
package import PatronProto

/// Checks of the suppressions in requests.
package enum SuppressionCheck {
  /// Returns the reason; an unspecified reason is manual.
  package static func reason(
    _ given: PatronProto.SuppressionReason,
    _ path: String,
    _ violations: inout Violations
  ) -> PatronModel.SuppressionReason {
    violations.checkKnown(
      path,
      given.rawValue,
      PatronProto.SuppressionReason.unsubscribed.rawValue
    )
    return PatronModel.SuppressionReason(rawValue: Int(given.rawValue)) ?? .manual
  }

  /// Returns the person or system that reported it, up to 40 characters.
  package static func source(
    _ given: String,
    _ path: String,
    _ violations: inout Violations
  ) -> String {
    text(given, path, 40, &violations)
  }

  /// Returns free text of up to 255 characters.
  package static func note(_ given: String, _ path: String, _ violations: inout Violations)
    -> String
  {
    text(given, path, 255, &violations)
  }

  private static func text(
    _ given: String,
    _ path: String,
    _ limit: Int,
    _ violations: inout Violations
  ) -> String {
    violations.secondaryText(path, given, limit: limit) ?? ""
  }
}
