/// What one event of a loyalty programme says of its customer.
package struct LoyaltyFacts: Sendable, Hashable {
  /// What becomes of the balance.
  package enum Balance: Sendable, Hashable {
    /// Nothing is said.
    case same
    /// So many points more, or fewer.
    case changed(by: Int64)
    /// So many points now.
    case now(Int64)
  }

  /// What becomes of the time at which points expire next.
  package enum Expiry: Sendable, Hashable {
    /// Nothing is said.
    case same
    /// What was to expire has expired.
    case none
    /// Then.
    case at(Micros)
  }

  /// Points earned.
  package var earned: Int64 = 0
  /// Points redeemed.
  package var redeemed: Int64 = 0
  /// Redemptions.
  package var redemptions: Int64 = 0
  /// Referrals that led to a purchase.
  package var referrals: Int64 = 0
  /// Clicks on referral links.
  package var referralClicks: Int64 = 0
  /// The balance.
  package var balance = Balance.same
  /// Whether the customer is a member from then on; nil when nothing is said.
  package var isMember: Bool?
  /// When the customer joined; nil when nothing is said.
  package var joinedAt: Micros?
  /// The tier from then on, empty for none; nil when nothing is said.
  package var tier: String?
  /// When points expire next.
  package var expiry = Expiry.same

  /// The greatest number of points that is believed: sums of it never overflow.
  static let mostPoints: Int64 = 1_000_000_000_000

  /// Types of the events that say something of loyalty.
  package static let types: Set<String> = [
    "loyalty_joined", "loyalty_left", "points_earned", "points_redeemed", "points_adjusted",
    "points_expiring", "points_expired", "tier_earned", "tier_lost", "referral_completed",
    "referral_clicked",
  ]

  /// Reads an event; nil when its type says nothing of loyalty.
  init?(_ event: EventFacts) {
    let given = event.int("points") ?? 0
    let points = (-Self.mostPoints...Self.mostPoints).contains(given) ? given : 0
    switch event.type {
    case "loyalty_joined":
      isMember = true
      joinedAt = event.time("opted_in_at") ?? event.occurredAt
    case "loyalty_left":
      isMember = false
    case "points_earned":
      isMember = true
      earned = max(points, 0)
      balance = Self.balance(event, points)
    case "points_redeemed":
      redeemed = max(points, 0)
      redemptions = 1
      balance = Self.balance(event, -points)
    case "points_adjusted":
      balance = Self.balance(event, points)
    case "points_expiring":
      expiry = event.time("expire_at").map { .at($0) } ?? .same
    case "points_expired":
      balance = Self.balance(event, -points)
      expiry = .none
    case "tier_earned":
      isMember = true
      tier = event.text("to") ?? ""
    case "tier_lost":
      tier = event.text("to") ?? ""
    case "referral_completed":
      referrals = 1
    case "referral_clicked":
      referralClicks = 1
    default:
      return nil
    }
  }

  private static func balance(_ event: EventFacts, _ change: Int64) -> Balance {
    guard let after = event.int("balance_after"), (-mostPoints...mostPoints).contains(after) else {
      return .changed(by: change)
    }
    return .now(after)
  }
}

/// The loyalty membership of one customer in figures.
package struct LoyaltyFigures: Sendable, Hashable {
  /// Points earned in all.
  package var earned: Int64 = 0
  /// Points redeemed in all.
  package var redeemed: Int64 = 0
  /// Redemptions in all.
  package var redemptions: Int64 = 0
  /// Referrals that led to a purchase, in all.
  package var referrals: Int64 = 0
  /// Clicks on referral links, in all.
  package var referralClicks: Int64 = 0
  /// Points now.
  package var balance: Int64 = 0
  /// Whether the customer is a member now.
  package var isMember = false
  /// When the customer last joined, microseconds since 1970; nil when unknown.
  package var joinedAt: Micros?
  /// The tier; empty for none.
  package var tier = ""
  /// When the tier was reached or lost, microseconds since 1970; nil when there never was one.
  package var tierSince: Micros?
  /// When points expire next, microseconds since 1970; nil when unknown.
  package var expireAt: Micros?

  /// Nothing happened yet.
  package init() {}

  /// Adds an event to the sums, or takes one back that was added.
  package mutating func count(_ facts: LoyaltyFacts, times: Int64 = 1) {
    earned &+= facts.earned * times
    redeemed &+= facts.redeemed * times
    redemptions &+= facts.redemptions * times
    referrals &+= facts.referrals * times
    referralClicks &+= facts.referralClicks * times
  }

  /// Takes over what an event says that is newer than all before.
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

  /// The same figures with the state that `events`, oldest first, lead to. The sums stay. Where
  /// they are not all that happened, what they do not tell stays too.
  package func replaying(
    _ events: some Sequence<(facts: LoyaltyFacts, at: Micros)>,
    areAll: Bool
  ) -> Self {
    var figures = areAll ? LoyaltyFigures() : self
    var tellsBalance = areAll
    for event in events {
      figures.noteNewest(event.facts, at: event.at)
      if case .now = event.facts.balance { tellsBalance = true }
    }
    if !tellsBalance { figures.balance = balance }
    figures.earned = earned
    figures.redeemed = redeemed
    figures.redemptions = redemptions
    figures.referrals = referrals
    figures.referralClicks = referralClicks
    return figures
  }
}
