package import PatronModel
package import PatronProto
internal import ProtobufC

/// Warnings for the caller of an event about its effects on consent and suppressions, and about
/// effects that it did not have.
extension Warning {
  static let nothingToAgreeTo = event(
    "ADDRESS_MISSING",
    "customer",
    "Without an address there is nothing to agree to."
  )

  static let nothingToSuppress = event(
    "ADDRESS_MISSING",
    "customer",
    "There is no address that could be suppressed."
  )

  static let otherAgreed = event(
    "ADDRESS_DIFFERS",
    "customer",
    "The customer has another address than the one that agreed: consent is as it was."
  )

  static let otherOptedOut = event(
    "ADDRESS_DIFFERS",
    "customer",
    "The customer has another address than the one that opted out. Nothing is sent to either: the "
      + "customer is opted out, and so is who has the address; one that nobody has is suppressed."
  )

  static let otherSuppressed = event(
    "ADDRESS_DIFFERS",
    "customer",
    "The address is another customer's, where it was suppressed."
  )

  static let suppressedAddress = event(
    "ADDRESS_SUPPRESSED",
    "customer",
    "No customer has the address, so it was suppressed and the event is on no timeline."
  )

  static let restrictedOwner = event(
    "ADDRESS_DIFFERS",
    "customer",
    "Nobody has the external_id, and the address is a customer's: nothing is sent to it any more, "
      + "and the event itself is on no timeline."
  )

  static let liftedSince = event(
    "SUPPRESSION_OUTDATED",
    "event.occurred_at",
    "A suppression of the address was lifted since: it stays so."
  )

  static let nothingLifted = event(
    "SUPPRESSION_KEPT",
    "event.type",
    "Events lift no suppressions. Use UnsuppressCustomer, or an agreement of the customer's."
  )

  static let replyUnread = event(
    "REPLY_UNREAD",
    "event.properties.keyword",
    "Without keyword or body_excerpt nobody knows whether the answer was STOP: consent is as it "
      + "was. Send it again with one of them."
  )

  static let possibleOptOut = event(
    "POSSIBLE_OPT_OUT",
    "event.properties.body_excerpt",
    "The answer holds a word of opting out and more than that: consent is as it was. Read it; the "
      + "filter sms=possible_opt_out finds the customer until consent is decided."
  )

  static let nothingToRestore = event(
    "OPT_IN_NOT_TAKEN",
    "event.properties.body_excerpt",
    "The answer asks for messages, and there is no agreement that it could give back: consent is "
      + "as it was. Use SubscribeCustomer with the evidence."
  )

  static let reasonUnknown = event(
    "SUPPRESSION_REASON_UNKNOWN",
    "event.properties.reason",
    "No such reason: the address is suppressed as manual. Expected is one of "
      + PatronModel.SuppressionReason.allCases.filter { !$0.isOwnersWish }.map(\.name)
      .joined(separator: ", ") + "."
  )

  static let topicUnknown = event(
    "TOPIC_UNKNOWN",
    "event.properties.topic",
    "No such topic: consent is as it was."
  )

  static let bounceUnknown = event(
    "BOUNCE_TYPE_UNKNOWN",
    "event.properties.bounce_type",
    "No such type of bounce: suppressions are as they were. For good are "
      + "\(Enrichment.hardBounces.joined(separator: ", ")); for now are "
      + "\(Enrichment.softBounces.joined(separator: ", "))."
  )

  static let orderStatsKept = event(
    "ORDER_STATS_KEPT",
    "event.type",
    "The event is history only: figures of orders change by SyncOrder and SyncRefund, which put "
      + "this event on the timeline by themselves."
  )

  /// Returns a warning about an effect that the rules of consent refuse.
  package static func about(_ error: RuleError) -> Warning {
    event(error.reason, "event", error.message)
  }

  /// Returns a warning about a state that the rules of consent leave as it is.
  package static func about(_ warning: ConsentWarning) -> Warning {
    event(warning.rawValue, "event.occurred_at", warning.message)
  }

  private static func event(_ reason: String, _ field: String, _ message: String) -> Warning {
    .with {
      $0.reason = reason
      $0.field = field
      $0.message = message
    }
  }
}
