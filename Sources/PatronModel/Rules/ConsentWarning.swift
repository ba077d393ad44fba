/// The reason why a statement about consent was accepted but had no effect.
package enum ConsentWarning: String, Sendable, Hashable, CaseIterable {
  /// The customer opted out in person. A flag from the shop cannot undo that.
  case stickyOptOut = "STICKY_OPT_OUT"
  /// The statement is older than the stored consent.
  case outdated = "CONSENT_OUTDATED"
  /// The customer's agreement has expired. A flag from the shop does not prolong it.
  case expired = "CONSENT_EXPIRED"
  /// The customer requested messages and has not confirmed yet. A flag from the shop is not a
  /// confirmation.
  case pending = "CONSENT_PENDING"
  /// The customer opted out of another topic in person, which stops this topic too.
  case otherTopic = "OTHER_TOPIC_OPT_OUT"
  /// The address is suppressed.
  case addressSuppressed = "ADDRESS_SUPPRESSED"

  /// A message for people, without personal data.
  package var message: String {
    switch self {
    case .stickyOptOut:
      "The customer opted out in person: the flag was stored, and the consent stayed as it was. "
        + "Only a newer consent of the customer's own (SubscribeCustomer with its evidence) "
        + "subscribes again."
    case .outdated:
      "The statement is older than the consent that is stored, so it changed nothing."
    case .expired:
      "The agreement has ended, and a flag does not prolong it: nothing may be sent. A new "
        + "agreement (SubscribeCustomer with its evidence) does."
    case .pending:
      "The customer has not confirmed the subscription yet, and a flag does not do that: nothing "
        + "may be sent before ConfirmSubscription."
    case .otherTopic:
      "The customer opted out in person of review requests or loyalty, which stops marketing by "
        + "the channel too: nothing may be sent before the customer agrees in person."
    case .addressSuppressed:
      "The address is suppressed: nothing may be sent to it, whatever was agreed. The full view of "
        + "the customer shows why; UnsuppressCustomer lifts it."
    }
  }
}
