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
