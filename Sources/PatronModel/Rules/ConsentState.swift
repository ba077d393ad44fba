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
