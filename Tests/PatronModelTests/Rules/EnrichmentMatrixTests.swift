import PatronModel
import Testing

/// The matrix of enrichment, which the catalogue must agree with: fields that each type sets.
@Suite struct EnrichmentMatrixTests {
  /// A row of the matrix. Fields are separated by spaces.
  private struct Row {
    let source: EventSource
    let type: String
    let creates: Enrichment.Creation
    let fills: String
    let overwrites: String
    let flagSource: String?
    /// Fields that effects and flags set.
    let sets: String

    init(
      _ source: EventSource,
      _ type: String,
      _ creates: Enrichment.Creation = .never,
      fills: String = "",
      overwrites: String = "",
      flagSource: String? = nil,
      sets: String = ""
    ) {
      self.source = source
      self.type = type
      self.creates = creates
      self.fills = fills
      self.overwrites = overwrites
      self.flagSource = flagSource
      self.sets = sets
    }
  }

  private static let names = "first_name last_name"
  private static let addresses = "\(names) email phone_number"
  private static let checkout = "\(names) phone_number address default_currency"
  private static let flags = "accepts_sms_marketing accepts_email_marketing subscriptions"
  private static let sms = "accepts_sms_marketing subscriptions"
  private static let email = "accepts_email_marketing subscriptions"

  /// The types with effects. All others only appear on the timeline.
  private static let matrix: [Row] = [
    Row(
      .ecommerce,
      "account_created",
      .always,
      fills: addresses,
      overwrites: "external_id account_created_at account_status",
      flagSource: "event",
      sets: flags
    ),
    Row(.ecommerce, "account_status_changed", overwrites: "account_status"),
    Row(
      .ecommerce,
      "checkout_started",
      .always,
      fills: checkout,
      flagSource: "checkout",
      sets: flags
    ),
    Row(
      .ecommerce,
      "checkout_abandoned",
      .always,
      fills: checkout,
      flagSource: "checkout",
      sets: flags
    ),
    Row(
      .ecommerce,
      "order_placed",
      .always,
      fills: "\(checkout) default_language",
      flagSource: "checkout",
      sets: "\(flags) order_stats"
    ),
    Row(.ecommerce, "order_updated", sets: "order_stats"),
    Row(.ecommerce, "order_cancelled", sets: "order_stats"),
    Row(.ecommerce, "order_refunded", sets: "order_stats"),
    Row(
      .product,
      "sms_subscribed",
      .always,
      fills: "\(names) phone_number",
      sets: "\(sms) suppressions"
    ),
    Row(
      .product,
      "email_subscribed",
      .always,
      fills: "\(names) email",
      sets: "\(email) suppressions"
    ),
    Row(.product, "sms_opt_in_requested", sets: "\(sms) suppressions"),
    Row(.product, "email_opt_in_requested", sets: "\(email) suppressions"),
    Row(.product, "sms_opt_in_confirmed", sets: "\(sms) suppressions"),
    Row(.product, "email_opt_in_confirmed", sets: "\(email) suppressions"),
    Row(.product, "sms_unsubscribed", sets: sms),
    Row(.product, "email_unsubscribed", sets: email),
    Row(.product, "sms_suppressed", sets: "suppressions"),
    Row(.product, "email_suppressed", sets: "suppressions"),
    Row(.product, "sms_failed", sets: "suppressions"),
    Row(
      .product,
      "sms_received",
      sets: "accepts_sms_marketing possible_opt_out_at subscriptions suppressions"
    ),
    Row(.product, "email_bounced", sets: "suppressions"),
    Row(.product, "email_marked_spam", sets: "\(email) suppressions"),
    Row(.product, "review_created", .withEmail, fills: "\(names) email", sets: "reviews"),
    Row(.product, "loyalty_joined", .always, fills: "\(addresses) birthday", sets: "loyalty"),
    Row(.product, "loyalty_left", sets: "loyalty"),
    Row(.product, "points_earned", .always, fills: "\(addresses) birthday", sets: "loyalty"),
    Row(.product, "points_redeemed", .always, fills: "\(addresses) birthday", sets: "loyalty"),
    Row(.product, "points_adjusted", .always, fills: "\(addresses) birthday", sets: "loyalty"),
    Row(.product, "points_expiring", .always, fills: "\(addresses) birthday", sets: "loyalty"),
    Row(.product, "points_expired", .always, fills: "\(addresses) birthday", sets: "loyalty"),
    Row(.product, "tier_earned", .always, fills: "\(addresses) birthday", sets: "loyalty"),
    Row(.product, "tier_lost", .always, fills: "\(addresses) birthday", sets: "loyalty"),
    Row(.product, "referral_clicked", sets: "loyalty"),
    Row(.product, "referral_completed", .always, sets: "loyalty"),
  ]

  /// The row of all types of third parties.
  private static let thirdParty = Row(
    .thirdParty,
    "",
    .always,
    fills: "external_id email phone_number first_name last_name gender birthday account_status"
      + " account_created_at default_language default_currency tags address",
    overwrites: "custom_properties"
  )

  private func row(_ type: String, _ source: EventSource) -> Row {
    if source == .thirdParty { return Self.thirdParty }
    return Self.matrix.first { $0.type == type && $0.source == source } ?? Row(source, type)
  }

  @Test func theCatalogueHoldsTheMatrix() {
    for type in EventCatalogue.types {
      let row = row(type.name, type.source)
      let fills = row.fills.split(separator: " ").map(String.init)
      let overwrites = row.overwrites.split(separator: " ").map(String.init)
      let sets = row.sets.split(separator: " ").map(String.init)
      #expect(type.rule.creates == row.creates, "\(type.name)")
      #expect(type.rule.fills == Set(fills), "\(type.name)")
      #expect(type.rule.overwrites == Set(overwrites), "\(type.name)")
      #expect(type.rule.flagSource == row.flagSource, "\(type.name)")
      #expect(type.enriches == fills + overwrites + sets, "\(type.name)")
      #expect(Enrichment.rule(for: type.name, of: type.source) == type.rule, "\(type.name)")
    }
    for row in Self.matrix {
      #expect(EventCatalogue.type(row.type, of: row.source) != nil, "\(row.type)")
    }
  }

  @Test func unknownTypesHaveTheRuleOfTheirSource() {
    let template = EventCatalogue.type("ticket_created", of: .thirdParty)?.rule
    #expect(Enrichment.rule(for: "badge_won", of: .thirdParty) == template)
    // A name is known in its source only.
    for (type, source) in [("order_placed", EventSource.product), ("badge_won", .ecommerce)] {
      #expect(Enrichment.rule(for: type, of: source) == .none)
      #expect(!Enrichment.hasEffects(type, of: source))
    }
  }

  @Test func summariesAndRepliesKnowTheirTypes() {
    let loyalty = Self.matrix.filter { $0.sets == "loyalty" }.map(\.type)
    #expect(Enrichment.loyaltyTypes == Set(loyalty))
    #expect(Enrichment.reviewTypes == ["review_created"])
    let answers = EventCatalogue.types.filter { Enrichment.readsWords($0.name, of: $0.source) }
    #expect(answers.map(\.name) == ["sms_received"])
  }
}
