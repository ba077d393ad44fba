/// The effect of a statement on a consent.
package enum ConsentTransition: Sendable, Hashable {
  /// No effect: write no state, no ledger row and no event.
  case unchanged(ConsentWarning?)
  /// The consent becomes the first value, and the row is added to the ledger.
  case changed(ChannelConsent, LedgerRow)

  /// Returns the consent after the transition from `current`.
  package func consent(from current: ChannelConsent) -> ChannelConsent {
    switch self {
    case .unchanged: current
    case .changed(let consent, _): consent
    }
  }
}
