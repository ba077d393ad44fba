/// A channel of messages. Raw values are those of the protocol and are stored: never renumber.
package enum Channel: Int, Sendable, Hashable, CaseIterable {
  /// Text messages to the phone number.
  case sms = 1
  /// E-mail to the e-mail address.
  case email = 2

  /// Stable lower-case name, as filters and the command line have it.
  package var name: String {
    switch self {
    case .sms: "sms"
    case .email: "email"
    }
  }
}

/// What messages are about. Raw values are those of the protocol and are stored: never renumber.
package enum Topic: Int, Sendable, Hashable, CaseIterable {
  /// Offers and news.
  case marketing = 1
  /// Requests to review a purchase.
  case reviewRequests = 2
  /// Order confirmations, shipping notices.
  case transactional = 3
  /// Loyalty balances and rewards.
  case loyalty = 4

  /// Stable lower-case name.
  package var name: String {
    switch self {
    case .marketing: "marketing"
    case .reviewRequests: "review_requests"
    case .transactional: "transactional"
    case .loyalty: "loyalty"
    }
  }
}

/// Whether a customer agreed to messages of one channel and topic. Raw values are the protocol's.
package enum ConsentState: Int, Sendable, Hashable, CaseIterable {
  /// Was never asked, or never answered.
  case neverSubscribed = 1
  /// Asked for messages and did not confirm yet (double opt-in).
  case pending = 2
  /// Agreed.
  case subscribed = 3
  /// Opted out.
  case unsubscribed = 4

  /// Stable lower-case name.
  package var name: String {
    switch self {
    case .neverSubscribed: "never_subscribed"
    case .pending: "pending"
    case .subscribed: "subscribed"
    case .unsubscribed: "unsubscribed"
    }
  }

  /// How much the state forbids: the greater of two is the more careful one.
  var restriction: Int {
    switch self {
    case .subscribed: 0
    case .neverSubscribed: 1
    case .pending: 2
    case .unsubscribed: 3
    }
  }
}

/// Who changed a consent. A program of the shop acts as `system`. Raw values are the protocol's.
package enum ConsentActor: Int, Sendable, Hashable, CaseIterable {
  /// The customer: a form, a keyword, a link in a message.
  case customer = 1
  /// A person who works for the shop.
  case `operator` = 2
  /// The shop's e-commerce platform.
  case platform = 3
  /// Patron itself or a program of the shop.
  case system = 4
}

/// How surely an agreement is the address owner's own. Raw values are the protocol's.
package enum OptInLevel: Int, Sendable, Hashable, CaseIterable {
  /// Not known.
  case unknown = 0
  /// Given once.
  case single = 1
  /// Given, and confirmed from the address.
  case confirmed = 2
}

/// What a row of the consent ledger records. Raw values are the protocol's.
package enum ConsentAction: Int, Sendable, Hashable, CaseIterable {
  /// An agreement.
  case subscribe = 1
  /// A request that waits for its confirmation.
  case request = 2
  /// The confirmation of a request.
  case confirm = 3
  /// An opt-out.
  case unsubscribe = 4
  /// A suppression was set.
  case suppress = 5
  /// A suppression was lifted.
  case unsuppress = 6
  /// A state was imported.
  case importState = 7
  /// The address was replaced or cleared: the state is that of the new one.
  case addressChange = 8
}

/// Why an address must not be written to, whatever its owner agreed to. Raw values are the
/// protocol's.
package enum SuppressionReason: Int, Sendable, Hashable, CaseIterable {
  /// A person of the shop decided so.
  case manual = 1
  /// The address does not exist.
  case hardBounce = 2
  /// The address refused several messages in a row.
  case softBounce = 3
  /// The owner reported a message as spam.
  case spamComplaint = 4
  /// The address cannot work: a landline, a malformed domain.
  case invalidAddress = 5
  /// The carrier blocks messages to it.
  case carrierBlock = 6
  /// Its owner was erased on request, and did not agree to anything since.
  case erasure = 7
  /// A rule of the shop.
  case policy = 8
  /// The owner opted out in person, and there was no record to keep that in.
  case unsubscribed = 9

  /// Stable lower-case name, as files and events have it.
  package var name: String {
    switch self {
    case .manual: "manual"
    case .hardBounce: "hard_bounce"
    case .softBounce: "soft_bounce"
    case .spamComplaint: "spam_complaint"
    case .invalidAddress: "invalid_address"
    case .carrierBlock: "carrier_block"
    case .erasure: "erasure"
    case .policy: "policy"
    case .unsubscribed: "unsubscribed"
    }
  }

  /// Whether a newer consent that the customer gives in person ends the suppression. What says
  /// that the address does not work stays: agreeing does not repair it.
  package var isLiftedByOwnConsent: Bool {
    switch self {
    case .manual, .spamComplaint, .erasure, .unsubscribed: true
    case .hardBounce, .softBounce, .invalidAddress, .carrierBlock, .policy: false
    }
  }

  /// Whether it stands for the wish of the address's owner: then nobody else sets or lifts it.
  package var isOwnersWish: Bool { self == .unsubscribed || self == .erasure }
}
