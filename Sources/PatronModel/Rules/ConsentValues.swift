/// A message channel. Raw values are those of the protocol and are stored: never renumber.
package enum Channel: Int, Sendable, Hashable, CaseIterable {
  /// Text messages to the phone number.
  case sms = 1
  /// E-mail to the e-mail address.
  case email = 2

  /// A stable lower-case name, used by filters and the command line.
  package var name: String {
    switch self {
    case .sms: "sms"
    case .email: "email"
    }
  }
}

/// The subject of messages. Raw values are those of the protocol and are stored: never renumber.
package enum Topic: Int, Sendable, Hashable, CaseIterable {
  /// Offers and news.
  case marketing = 1
  /// Requests to review a purchase.
  case reviewRequests = 2
  /// Order confirmations, shipping notices.
  case transactional = 3
  /// Loyalty balances and rewards.
  case loyalty = 4

  /// A stable lower-case name.
  package var name: String {
    switch self {
    case .marketing: "marketing"
    case .reviewRequests: "review_requests"
    case .transactional: "transactional"
    case .loyalty: "loyalty"
    }
  }
}

/// The state of a customer's consent for one channel and topic. Raw values are the protocol's.
package enum ConsentState: Int, Sendable, Hashable, CaseIterable {
  /// The customer was never asked, or never answered.
  case neverSubscribed = 1
  /// The customer requested messages and has not confirmed yet (double opt-in).
  case pending = 2
  /// The customer agreed.
  case subscribed = 3
  /// The customer opted out.
  case unsubscribed = 4

  /// A stable lower-case name.
  package var name: String {
    switch self {
    case .neverSubscribed: "never_subscribed"
    case .pending: "pending"
    case .subscribed: "subscribed"
    case .unsubscribed: "unsubscribed"
    }
  }

  /// The restrictiveness of the state: a greater value forbids more.
  var restriction: Int {
    switch self {
    case .subscribed: 0
    case .neverSubscribed: 1
    case .pending: 2
    case .unsubscribed: 3
    }
  }
}

/// The actor of a change of consent. A program of the shop acts as `system`. Raw values are the
/// protocol's.
package enum ConsentActor: Int, Sendable, Hashable, CaseIterable {
  /// The customer, by a form, a keyword or a link in a message.
  case customer = 1
  /// A person who works for the shop.
  case `operator` = 2
  /// The shop's e-commerce platform.
  case platform = 3
  /// Patron itself or a program of the shop.
  case system = 4
}

/// The certainty that an agreement is the address owner's own. Raw values are the protocol's.
package enum OptInLevel: Int, Sendable, Hashable, CaseIterable {
  /// The level is unknown.
  case unknown = 0
  /// The agreement was given once.
  case single = 1
  /// The agreement was given, and confirmed from the address.
  case confirmed = 2
}

/// The action that a ledger row records. Raw values are the protocol's.
package enum ConsentAction: Int, Sendable, Hashable, CaseIterable {
  /// An agreement.
  case subscribe = 1
  /// A double opt-in request.
  case request = 2
  /// The confirmation of a request.
  case confirm = 3
  /// An opt-out.
  case unsubscribe = 4
  /// A suppression was added.
  case suppress = 5
  /// A suppression was lifted.
  case unsuppress = 6
  /// A state was imported.
  case importState = 7
  /// The address was replaced or removed: the state is that of the new address.
  case addressChange = 8
}

/// The reason why an address must not receive messages, regardless of its owner's consent. Raw
/// values are the protocol's.
package enum SuppressionReason: Int, Sendable, Hashable, CaseIterable {
  /// A member of the shop's staff decided so.
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
  /// The owner was erased on request and has not agreed to anything since.
  case erasure = 7
  /// A rule of the shop.
  case policy = 8
  /// The owner opted out in person while there was no record to store it in.
  case unsubscribed = 9

  /// A stable lower-case name, used by files and events.
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

  /// True if a newer agreement by the customer in person lifts the suppression. A suppression of an
  /// address that does not work stays: an agreement does not repair it.
  package var isLiftedByOwnConsent: Bool {
    switch self {
    case .manual, .spamComplaint, .erasure, .unsubscribed: true
    case .hardBounce, .softBounce, .invalidAddress, .carrierBlock, .policy: false
    }
  }

  /// True if the suppression expresses the owner's own wish: then only the owner may set or lift
  /// it.
  package var isOwnersWish: Bool { self == .unsubscribed || self == .erasure }
}
