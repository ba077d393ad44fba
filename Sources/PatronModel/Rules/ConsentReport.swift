/// A statement of a product about consent or suppressions of a channel.
package enum ConsentReport: Sendable, Hashable {
  /// The customer agreed, and according to the property `opt_in_level` may have confirmed it.
  case subscribed
  /// The customer requested messages and must confirm the request.
  case optInRequested
  /// The customer confirmed a request from the address itself.
  case optInConfirmed
  /// The customer opted out.
  case unsubscribed
  /// The address is suppressed for the property `reason`.
  case suppressed
  /// A suppression was lifted in another system.
  case unsuppressed
  /// The customer reported a message as spam.
  case markedSpam
  /// A message was not delivered, which counts if the property `permanent` is true.
  case failed
}
