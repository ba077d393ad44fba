/// The loyalty data in one event.
package struct LoyaltyFacts: Sendable, Hashable {
  /// The effect on the balance.
  package enum Balance: Sendable, Hashable {
    /// The event does not mention it.
    case same
    /// The balance changes by this number of points.
    case changed(by: Int64)
    /// The balance is now this number of points.
    case now(Int64)
  }

  /// The effect on the time at which points expire next.
  package enum Expiry: Sendable, Hashable {
    /// The event does not mention it.
    case same
    /// The points have expired, so there is no next time.
    case none
    /// Points expire at this time.
    case at(Micros)
  }

  package var earned: Int64 = 0
  package var redeemed: Int64 = 0
  /// The number of redemptions.
  package var redemptions: Int64 = 0
  /// The number of referrals that led to a purchase.
  package var referrals: Int64 = 0
  /// The number of clicks on referral links.
  package var referralClicks: Int64 = 0
  /// The effect on the balance.
  package var balance = Balance.same
  /// The new membership; nil if not mentioned.
  package var isMember: Bool?
  /// The time of joining; nil if not mentioned.
  package var joinedAt: Micros?
  /// The new tier, empty for none; nil if not mentioned.
  package var tier: String?
  /// The effect on the next expiry.
  package var expiry = Expiry.same

  /// Maximum plausible number of points, so that sums never overflow. Larger numbers are ignored.
  static let maxPoints: Int64 = 1_000_000_000_000

  /// Reads an event that reports a change.
  init(_ event: EventFacts, _ change: LoyaltyChange) {
    let given = event.int("points") ?? 0
    let points = (-Self.maxPoints...Self.maxPoints).contains(given) ? given : 0
    switch change {
    case .joined:
      isMember = true
      joinedAt = event.time("opted_in_at") ?? event.occurredAt
    case .left:
      isMember = false
    case .pointsEarned:
      isMember = true
      earned = max(points, 0)
      balance = Self.balance(event, points)
    case .pointsRedeemed:
      redeemed = max(points, 0)
      redemptions = 1
      balance = Self.balance(event, -points)
    case .pointsAdjusted:
      balance = Self.balance(event, points)
    case .pointsExpiring:
      expiry = event.time("expire_at").map { .at($0) } ?? .same
    case .pointsExpired:
      balance = Self.balance(event, -points)
      expiry = .none
    case .tierEarned:
      isMember = true
      tier = event.text("to") ?? ""
    case .tierLost:
      tier = event.text("to") ?? ""
    case .referralCompleted:
      referrals = 1
    case .referralClicked:
      referralClicks = 1
    }
  }

  private static func balance(_ event: EventFacts, _ change: Int64) -> Balance {
    guard let after = event.int("balance_after"), (-maxPoints...maxPoints).contains(after) else {
      return .changed(by: change)
    }
    return .now(after)
  }
}

/// Loyalty statistics of a customer.
package struct LoyaltyStatistics: Sendable, Hashable {
  /// Total points earned.
  package var earned: Int64 = 0
  /// Total points redeemed.
  package var redeemed: Int64 = 0
  /// Total number of redemptions.
  package var redemptions: Int64 = 0
  /// Total number of referrals that led to a purchase.
  package var referrals: Int64 = 0
  /// Total number of clicks on referral links.
  package var referralClicks: Int64 = 0
  /// The present balance, in points.
  package var balance: Int64 = 0
  /// True if the customer is a member now.
  package var isMember = false
  /// The time at which the customer last joined; nil if unknown.
  package var joinedAt: Micros?
  /// The tier; empty for none.
  package var tier = ""
  /// The time at which the tier was reached or lost; nil if there never was one.
  package var tierSince: Micros?
  /// The time at which points expire next; nil if unknown.
  package var expireAt: Micros?

  /// Makes the statistics of a customer without events.
  package init() {}

  /// Adds an event's counts `times` times; -1 removes an event that was counted.
  package mutating func count(_ facts: LoyaltyFacts, times: Int64 = 1) {
    earned &+= facts.earned * times
    redeemed &+= facts.redeemed * times
    redemptions &+= facts.redemptions * times
    referrals &+= facts.referrals * times
    referralClicks &+= facts.referralClicks * times
  }

  /// Applies the state of an event that is newer than all before.
  package mutating func noteNewest(_ facts: LoyaltyFacts, at: Micros) {
    switch facts.balance {
    case .same: break
    case .changed(let difference): balance &+= difference
    case .now(let points): balance = points
    }
    if let member = facts.isMember { isMember = member }
    if let joined = facts.joinedAt { joinedAt = joined }
    if let tier = facts.tier {
      self.tier = tier
      tierSince = at
    }
    switch facts.expiry {
    case .same: break
    case .none: expireAt = nil
    case .at(let time): expireAt = time
    }
  }

  /// Returns statistics with the state after `events`, oldest first, and with unchanged sums. If
  /// the events are not complete (`areAll` is false), state that they do not mention stays too.
  package func replaying(
    _ events: some Sequence<(facts: LoyaltyFacts, at: Micros)>,
    areAll: Bool
  ) -> Self {
    var statistics = areAll ? LoyaltyStatistics() : self
    var reportsBalance = areAll
    for event in events {
      statistics.noteNewest(event.facts, at: event.at)
      if case .now = event.facts.balance { reportsBalance = true }
    }
    if !reportsBalance { statistics.balance = balance }
    statistics.earned = earned
    statistics.redeemed = redeemed
    statistics.redemptions = redemptions
    statistics.referrals = referrals
    statistics.referralClicks = referralClicks
    return statistics
  }
}
