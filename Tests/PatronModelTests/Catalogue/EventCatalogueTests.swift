import PatronModel
import Testing

@Suite struct EventCatalogueTests {
  @Test func namesAreUniqueAndValid() throws {
    for source in EventSource.allCases {
      let names = EventCatalogue.names(of: source)
      #expect(Set(names).count == names.count)
      #expect(names == EventCatalogue.types(of: source).map(\.name))
      for name in names {
        try EventRules.checkType(name, of: source)
        #expect(EventCatalogue.type(name, of: source)?.name == name)
      }
    }
    #expect(EventCatalogue.type("order_placed", of: .product) == nil)
    #expect(EventCatalogue.types(of: .ecommerce).count == 28)
    #expect(EventCatalogue.types(of: .product).count == 72)
    #expect(EventCatalogue.types(of: .thirdParty).count == 28)
  }

  @Test func typesAreComplete() throws {
    for type in EventCatalogue.types {
      #expect(!type.label.isEmpty && type.label.first?.isUppercase == true, "\(type.name)")
      #expect(type.description.hasSuffix("."), "\(type.name)")
      #expect((type.product != nil) == (type.source == .product), "\(type.name)")
      #expect((type.application != nil) == (type.source == .thirdParty), "\(type.name)")
      #expect(Set(type.fields.map(\.name)).count == type.fields.count, "\(type.name)")
      #expect(Set(type.enriches).count == type.enriches.count, "\(type.name)")
      for field in type.fields {
        #expect((field.kind == .money) == (field.place == .amount), "\(type.name).\(field.name)")
        try EventRules.checkType(field.name, of: .thirdParty)
      }
    }
  }

  @Test func channelsFollowNames() {
    for type in EventCatalogue.types(of: .product) {
      for channel in Channel.allCases where type.name.hasPrefix("\(channel.name)_") {
        #expect(type.channel == channel, "\(type.name)")
      }
    }
  }

  @Test(arguments: [
    ("ecommerce", "account_created"), ("ecommerce", "order_refunded"), ("ecommerce", "order_paid"),
    ("ecommerce", "subscription_order_skipped"), ("product", "sms_subscribed"),
    ("product", "email_unsubscribed"), ("product", "sms_opt_in_confirmed"),
    ("product", "email_suppressed"), ("product", "campaign_sent"), ("product", "review_created"),
    ("product", "points_redeemed"), ("product", "request_submitted"),
    ("product", "profile_redacted"), ("third_party", "ticket_created"),
    ("third_party", "shipment_delivered"),
  ])
  func typesOfTheArticlesExist(source: String, name: String) throws {
    let source = try #require(EventSource.allCases.first { $0.name == source })
    #expect(EventCatalogue.type(name, of: source) != nil)
  }

  @Test func enrichment() throws {
    func type(_ name: String, _ source: EventSource) throws -> EventType {
      try #require(EventCatalogue.type(name, of: source))
    }
    let placed = try type("order_placed", .ecommerce)
    #expect(placed.rule.creates == .always && placed.enriches.contains("default_currency"))
    let refunded = try type("order_refunded", .ecommerce)
    #expect(refunded.rule.creates == .never && refunded.enriches == ["order_stats"])
    let bounced = try type("email_bounced", .product)
    #expect(bounced.rule.creates == .never && bounced.enriches.contains("suppressions"))
    let subscribed = try type("sms_subscribed", .product)
    #expect(subscribed.rule.creates == .always && subscribed.enriches.contains("phone_number"))
    let note = try type("note_added", .product)
    #expect(note.fields.first?.personal == true && note.fields.first?.required == true)
  }
}
