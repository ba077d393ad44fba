/// What events do to the customer they are about, beside standing on the timeline: the matrix of
/// implicit enrichment. Pure: the caller finds the customer and stores what is answered.
public enum Enrichment {
  /// Whether an event makes a customer who is not known yet.
  public enum Creation: Sendable, Hashable {
    /// The event is about somebody who has to be known.
    case never
    /// By an e-mail address or a phone number.
    case always
    /// By an e-mail address only: that of reviews is confirmed, other reviewers are nobody.
    case withEmail
  }

  /// One row of the matrix.
  public struct Rule: Sendable, Hashable {
    /// Whether it makes its customer.
    public var creates: Creation = .never
    /// Fields of the customer that it sets where they are empty, in protocol names.
    public var fills: Set<String> = []
    /// Fields of the customer that it sets where nothing newer did, in protocol names.
    public var overwrites: Set<String> = []
    /// Where the marketing flags that come with it were collected; nil where they do not count.
    public var flagSource: String?
  }

  /// The field of the customer that stands for all properties which a shop invents.
  public static let properties = "custom_properties"

  /// The row of the matrix for a type of event. Types without one are history and nothing else.
  public static func rule(for type: String, of source: EventSource) -> Rule {
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

/// What an event says, as far as enrichment reads it.
public struct EventFacts: Sendable {
  /// Where it comes from.
  public var source: EventSource
  /// What happened.
  public var type: String
  /// When, microseconds since 1970.
  public var occurredAt: Micros
  /// Its properties, under the names of the catalogue.
  public var properties: [String: PropertyValue]
  /// Whether it names a product.
  public var namesProduct: Bool

  /// Makes facts.
  public init(
    source: EventSource,
    type: String,
    occurredAt: Micros,
    properties: [String: PropertyValue],
    namesProduct: Bool
  ) {
    self.source = source
    self.type = type
    self.occurredAt = occurredAt
    self.properties = properties
    self.namesProduct = namesProduct
  }
}

/// One thing that an event does to its customer, beyond the fields that come with it.
public enum EnrichmentEffect: Sendable, Hashable {
  /// The account has this status; not checked.
  case accountStatus(String)
  /// The account was opened then.
  case accountCreated(at: Micros)
  /// Who wrote a review, as it was signed.
  case reviewerName(String)
  /// A review counts.
  case review(ReviewFacts)
  /// Points, tier or membership changed.
  case loyalty(LoyaltyFacts)
  /// The customer agreed. A confirmed agreement needs no other confirmation.
  case subscribe(Channel, Topic, isConfirmed: Bool)
  /// The customer opted out.
  case unsubscribe(Channel, Topic)
  /// The address must not be written to any more.
  case suppress(Channel, SuppressionReason)
  /// One more refusal that may be temporary: several in a row suppress the address.
  case softBounce
  /// A refusal of which nobody knows whether it is for good.
  case unknownBounce
  /// An agreement that cannot be taken for one: nobody knows to what.
  case unknownTopic
}

extension Enrichment {
  private static let shopTypes: Set<String> = ["account_created", "account_status_changed"]
  private static let ownTypes = LoyaltyFacts.types.union([
    "sms_subscribed", "email_subscribed", "sms_unsubscribed", "email_unsubscribed",
    "email_bounced", "email_marked_spam", "sms_failed", "review_created",
  ])

  /// Whether events of a type can do anything: most cannot, and need not be read for it.
  public static func hasEffects(_ type: String, of source: EventSource) -> Bool {
    switch source {
    case .ecommerce: shopTypes.contains(type)
    case .product: ownTypes.contains(type)
    case .thirdParty: false
    }
  }

  /// What an event does. Properties that are missing or of another kind do nothing.
  public static func effects(of event: EventFacts) -> [EnrichmentEffect] {
    switch event.source {
    case .ecommerce: shopEffects(of: event)
    case .product: ownEffects(of: event)
    case .thirdParty: []
    }
  }

  private static func shopEffects(of event: EventFacts) -> [EnrichmentEffect] {
    switch event.type {
    case "account_created":
      return [
        event.time("account_created_at").map { .accountCreated(at: $0) },
        event.text("account_status").map { .accountStatus($0) },
      ].compactMap(\.self)
    case "account_status_changed":
      return event.text("to").map { [.accountStatus($0)] } ?? []
    default:
      return []
    }
  }

  private static func ownEffects(of event: EventFacts) -> [EnrichmentEffect] {
    switch event.type {
    case "sms_subscribed": agreement(event, .sms)
    case "email_subscribed": agreement(event, .email)
    case "sms_unsubscribed": [.unsubscribe(.sms, event.topic ?? .marketing)]
    case "email_unsubscribed": [.unsubscribe(.email, event.topic ?? .marketing)]
    case "email_bounced": bounce(event)
    case "email_marked_spam":
      [.unsubscribe(.email, .marketing), .suppress(.email, .spamComplaint)]
    case "sms_failed":
      event.flag("permanent") == true ? [.suppress(.sms, .invalidAddress)] : []
    case "review_created":
      [.review(ReviewFacts(event))]
        + (event.text("reviewer_name").map { [.reviewerName($0)] } ?? [])
    default: LoyaltyFacts(event).map { [.loyalty($0)] } ?? []
    }
  }

  /// To opt out of too much does no harm; to agree to something else than was meant does.
  private static func agreement(_ event: EventFacts, _ channel: Channel) -> [EnrichmentEffect] {
    guard let topic = event.topic else { return [.unknownTopic] }
    let isConfirmed = event.text("opt_in_level")?.lowercased() == "confirmed"
    return [.subscribe(channel, topic, isConfirmed: isConfirmed)]
  }

  /// Types of bounces for good, in lower case: mail services have different words.
  public static let hardBounces = ["hard", "hard_bounce", "permanent"]
  /// Types of bounces that may pass, in lower case.
  public static let softBounces = [
    "soft", "soft_bounce", "transient", "temporary", "undetermined",
  ]

  private static func bounce(_ event: EventFacts) -> [EnrichmentEffect] {
    let type = event.text("bounce_type")?.lowercased() ?? ""
    if hardBounces.contains(type) { return [.suppress(.email, .hardBounce)] }
    return softBounces.contains(type) ? [.softBounce] : [.unknownBounce]
  }
}

extension EventFacts {
  /// A text that is not empty.
  func text(_ name: String) -> String? {
    guard case .string(let text) = properties[name] else { return nil }
    let trimmed = TextForm.trimmed(text)
    return trimmed.isEmpty ? nil : trimmed
  }

  func flag(_ name: String) -> Bool? {
    guard case .bool(let flag) = properties[name] else { return nil }
    return flag
  }

  func int(_ name: String) -> Int64? {
    switch properties[name] {
    case .int(let number): number
    case .double(let number): Int64(exactly: number)
    default: nil
    }
  }

  func time(_ name: String) -> Micros? {
    switch properties[name] {
    case .timestamp(let time): time.microseconds
    case .date(let date): date.startOfDay.microseconds
    case .string(let text): (try? ISO8601Time(text))?.timestamp.microseconds
    default: nil
    }
  }

  /// What the messages are about: marketing where nothing says so, nil where it is not known.
  var topic: Topic? {
    guard let name = text("topic") else { return .marketing }
    return Topic.allCases.first { $0.name == name.lowercased() }
  }
}
