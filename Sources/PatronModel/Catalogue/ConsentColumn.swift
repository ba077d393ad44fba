/// The columns about the consent for a channel and topic. Raw values are suffixes of names:
/// `sms_consent`, `email_loyalty_consent_at`.
package enum ConsentColumn: String, Sendable, Hashable, CaseIterable {
  /// The state, such as `subscribed`.
  case state = "consent"
  /// The time of the last change of the state.
  case changedAt = "consent_at"
  /// The place where the agreement was collected.
  case source = "consent_source"
  /// The time of the last agreement.
  case subscribedAt = "subscribed_at"
  /// The time of the last opt-out.
  case unsubscribedAt = "unsubscribed_at"
  /// The level, `single` or `confirmed`.
  case optInLevel = "opt_in_level"
  /// The actor of the last change: `customer`, `operator`, `platform` or `system`.
  case changedBy = "consent_by"
  /// The end of an agreement for a limited time.
  case expiresAt = "consent_expires_at"
}
