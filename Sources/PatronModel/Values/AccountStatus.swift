/// The state of a customer's account in the shop.
package enum AccountStatus: String, Sendable, Hashable, CaseIterable {
  /// The customer accepted the invitation and created an account.
  case enabled
  /// The customer has no account yet: the state before any invitation.
  case disabled
  /// An invitation was sent.
  case invited
  /// The customer declined the invitation.
  case declined

  /// Accepts the four names in any case.
  ///
  /// - Throws: `ACCOUNT_STATUS_UNKNOWN`.
  package init(_ text: String) throws(RuleError) {
    guard let status = Self(rawValue: TextForm.trimmed(text).lowercased()) else {
      throw RuleError(
        reason: "ACCOUNT_STATUS_UNKNOWN",
        message: """
          The account status is not known. Expected is one of enabled, disabled, invited, declined.
          """,
        given: text
      )
    }
    self = status
  }
}
