/// A change that an event reports to the points, the tier or the membership of a customer.
package enum LoyaltyChange: Sendable, Hashable {
  case joined
  case left
  case pointsEarned
  case pointsRedeemed
  case pointsAdjusted
  /// Points will expire, and count until then.
  case pointsExpiring
  case pointsExpired
  case tierEarned
  case tierLost
  /// A referral led to a purchase.
  case referralCompleted
  /// A referral link was followed.
  case referralClicked
}
