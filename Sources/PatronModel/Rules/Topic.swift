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
