extension EventCatalogue {
  /// Event types about points, tiers, rewards and referrals.
  static let loyaltyTypes: [EventType] = [
    loyalty(
      .joined,
      "loyalty_joined",
      "Loyalty joined",
      "The customer joined the loyalty programme.",
      [.time("opted_in_at"), .text("source")]
    ),
    loyalty(
      .left,
      "loyalty_left",
      "Loyalty left",
      "The customer left the loyalty programme.",
      [.text("source")],
      creates: false
    ),
    loyalty(
      .pointsEarned,
      "points_earned",
      "Points earned",
      "The customer earned points.",
      [
        .points, .count("balance_before"), .count("balance_after"),
        .text("rule"), .text("history_title"), .order,
      ]
    ),
    loyalty(
      .pointsRedeemed,
      "points_redeemed",
      "Points redeemed",
      "The customer spent points on a reward.",
      [
        .points, .text("redemption_option_name"), .amount,
        .text("coupon_code"), .count("balance_after"),
      ]
    ),
    loyalty(
      .pointsAdjusted,
      "points_adjusted",
      "Points adjusted",
      "Points were given or taken by hand.",
      [
        .morePoints, .text("reason"), .flag("visible_to_customer"),
        .text("actor"), .count("balance_after"),
      ]
    ),
    loyalty(
      .pointsExpiring,
      "points_expiring",
      "Points expire soon",
      "Points will be lost unless they are spent.",
      [.points, .time("expire_at")]
    ),
    loyalty(
      .pointsExpired,
      "points_expired",
      "Points expired",
      "Points were lost.",
      [.points, .time("expire_at"), .count("balance_after")]
    ),
    loyalty(
      .tierEarned,
      "tier_earned",
      "Tier earned",
      "The customer reached a tier.",
      [.text("from"), .text("to", required: true), .time("expires_at")]
    ),
    loyalty(
      .tierLost,
      "tier_lost",
      "Tier lost",
      "The customer fell from a tier.",
      [.text("from", required: true), .text("to"), .time("expires_at")]
    ),
    .own(
      .loyalty,
      "reward_granted",
      "Reward granted",
      "The customer was given a coupon or a birthday reward.",
      [.text("option"), .text("code"), .campaign, .amount]
    ),
    .own(
      .referrals,
      "referral_shared",
      "Referral shared",
      "The customer passed on a referral link.",
      [.text("channel"), .text("referral_link", personal: true), .text("code")]
    ),
    .own(
      .referrals,
      "referral_clicked",
      "Referral clicked",
      "Somebody followed the referral link.",
      [.count("referred_customer_id"), .text("code")],
      rule: Enrichment.Rule(effects: [.loyalty(.referralClicked)])
    ),
    .own(
      .referrals,
      "referral_completed",
      "Referral completed",
      "A referred friend ordered.",
      [.count("referred_customer_id"), .text("reward"), .count("points"), .text("code")],
      rule: Enrichment.Rule(creates: .always, effects: [.loyalty(.referralCompleted)])
    ),
  ]

  private static func loyalty(
    _ change: LoyaltyChange,
    _ name: String,
    _ label: String,
    _ description: String,
    _ fields: [EventField],
    creates: Bool = true
  ) -> EventType {
    .own(
      .loyalty,
      name,
      label,
      description,
      fields,
      rule: Enrichment.Rule(
        creates: creates ? .always : .never,
        fills: creates ? ["first_name", "last_name", "email", "phone_number", "birthday"] : [],
        effects: [.loyalty(change)]
      )
    )
  }
}

extension EventField {
  private static let most = LoyaltyFacts.maxPoints
  /// Points that were earned, spent or lost.
  fileprivate static let points = count("points", required: true, in: 0...most)
  /// Points that were added or, if negative, deducted.
  fileprivate static let morePoints = count("points", required: true, in: -most...most)
}
