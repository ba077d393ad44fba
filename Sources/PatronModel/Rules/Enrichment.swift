/// The rules of implicit enrichment: the effect of an event on its customer, beside its entry on
/// the timeline. Pure: the caller finds the customer and stores the result.
package enum Enrichment {
  /// The condition on which an event creates an unknown customer.
  package enum Creation: Sendable, Hashable {
    /// The customer must be known.
    case never
    /// An e-mail address or a phone number creates the customer.
    case always
    /// Only an e-mail address creates the customer: reviewers' addresses are confirmed, other
    /// reviewers are anonymous.
    case withEmail
  }

  /// The rule of one event type.
  package struct Rule: Sendable, Hashable {
    /// The condition on which the event creates its customer.
    package var creates: Creation = .never
    /// Fields of the customer that the event sets if they are empty, by their protocol names.
    package var fills: Set<String> = []
    /// Fields of the customer that the event sets unless a newer value is stored, by their protocol
    /// names.
    package var overwrites: Set<String> = []
    /// The consent source of marketing flags that come with the event; nil if they are ignored.
    package var flagSource: String?
  }

  /// The name that stands for all custom properties of a customer.
  package static let properties = "custom_properties"

  /// Returns the rule of an event type. Types without a rule only appear on the timeline.
  package static func rule(for type: String, of source: EventSource) -> Rule {
    switch source {
    case .ecommerce: shop[type] ?? Rule()
    case .product: own[type] ?? Rule()
    case .thirdParty: anyThirdParty
    }
  }

  private static let names: Set<String> = ["first_name", "last_name"]
  private static let reached = names.union([
    "phone_number", "address", "default_currency", "default_language",
  ])

  private static let shop: [String: Rule] = [
    "account_created": Rule(
      creates: .always,
      fills: names.union(["email", "phone_number"]),
      overwrites: ["external_id", "account_created_at", "account_status"],
      flagSource: "event"
    ),
    "account_status_changed": Rule(overwrites: ["account_status"]),
    "order_placed": Rule(creates: .always, fills: reached, flagSource: "checkout"),
    "checkout_started": checkout,
    "checkout_abandoned": checkout,
  ]

  private static let checkout = Rule(
    creates: .always,
    fills: reached.subtracting(["default_language"]),
    flagSource: "checkout"
  )

  private static let own: [String: Rule] = {
    var rules: [String: Rule] = [
      "sms_subscribed": Rule(creates: .always, fills: names.union(["phone_number"])),
      "email_subscribed": Rule(creates: .always, fills: names.union(["email"])),
      "review_created": Rule(creates: .withEmail, fills: names.union(["email"])),
      "referral_completed": Rule(creates: .always),
    ]
    for type in [
      "loyalty_joined", "points_earned", "points_redeemed", "points_adjusted", "points_expiring",
      "points_expired", "tier_earned", "tier_lost",
    ] {
      rules[type] = Rule(creates: .always, fills: names.union(["email", "phone_number"]))
    }
    return rules
  }()

  /// Third-party applications enrich a customer, and never change consent.
  private static let anyThirdParty = Rule(
    creates: .always,
    fills: reached.union([
      "external_id", "email", "gender", "account_created_at", "account_status", "tags",
    ]),
    overwrites: [properties]
  )
}
