/// What events do to the customer they are about, beside standing on the timeline: the matrix of
/// implicit enrichment. Pure: the caller finds the customer and stores what is answered.
package enum Enrichment {
  /// Whether an event makes a customer who is not known yet.
  package enum Creation: Sendable, Hashable {
    /// The event is about somebody who has to be known.
    case never
    /// By an e-mail address or a phone number.
    case always
    /// By an e-mail address only: that of reviews is confirmed, other reviewers are nobody.
    case withEmail
  }

  /// One row of the matrix.
  package struct Rule: Sendable, Hashable {
    /// Whether it makes its customer.
    package var creates: Creation = .never
    /// Fields of the customer that it sets where they are empty, in protocol names.
    package var fills: Set<String> = []
    /// Fields of the customer that it sets where nothing newer did, in protocol names.
    package var overwrites: Set<String> = []
    /// Where the marketing flags that come with it were collected; nil where they do not count.
    package var flagSource: String?
  }

  /// The field of the customer that stands for all properties which a shop invents.
  package static let properties = "custom_properties"

  /// The row of the matrix for a type of event. Types without one are history and nothing else.
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

  /// Applications of others tell what they know of a customer, and never touch consent.
  private static let anyThirdParty = Rule(
    creates: .always,
    fills: reached.union([
      "external_id", "email", "gender", "account_created_at", "account_status", "tags",
    ]),
    overwrites: [properties]
  )
}
