import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of invalid secondary values: they prevent neither the order nor the opt-out beside them.
struct InvalidFieldsTests {
  private static let long = String(repeating: "x", count: 300)

  private func dropped(_ warnings: [Warning]) -> [String] {
    warnings.filter { $0.reason == "FIELD_DROPPED" || $0.reason == "FIELD_CUT" }
      .map { "\($0.reason) \($0.field) \($0.rule) \($0.given)" }
  }

  @Test func anOrderIsTakenWithoutWhatIsWrong() async throws {
    try await Shop.open { shop in
      let order = Order.of("o1", 4200) {
        $0.shippingAddress = .with {
          $0.city = "Pristina"
          $0.countryCode = "XK"
          $0.company = Self.long
          $0.phoneNumber = "12345"
          $0.provinceCode = "TOOLONG"
        }
        $0.lineItems = [
          .with {
            $0.productID = Self.long
            $0.name = Self.long
            $0.quantity = -1
            $0.total = .of(-500)
          }
        ]
        $0.paymentMethod = String(repeating: "p", count: 65)
      }
      let synced = try await shop.sync(order) {
        $0.email = "guest@example.com"
        $0.phoneNumber = "12345"
        $0.gender = "unknowable"
        $0.acceptsSMSMarketing = true
      }
      #expect(synced.outcome == .created && synced.customerCreated)
      #expect(
        dropped(synced.warnings) == [
          "FIELD_DROPPED customer.phone_number PHONE_COUNTRY_MISSING 12345",
          "FIELD_DROPPED customer.gender GENDER_UNKNOWN unknowable",
          "FIELD_DROPPED customer.accepts_sms_marketing ADDRESS_MISSING ",
          "FIELD_CUT order.payment_method TEXT_TOO_LONG ",
          "FIELD_CUT order.shipping_address.company TEXT_TOO_LONG ",
          "FIELD_DROPPED order.shipping_address.province_code TEXT_TOO_LONG TOOLONG",
          "FIELD_DROPPED order.shipping_address.phone_number PHONE_COUNTRY_MISSING 12345",
          "FIELD_DROPPED order.line_items[0].product_id TEXT_TOO_LONG "
            + String(repeating: "x", count: 31) + "…",
          "FIELD_CUT order.line_items[0].name TEXT_TOO_LONG ",
          "FIELD_DROPPED order.line_items[0].total.minor_units AMOUNT_NEGATIVE ",
          "FIELD_DROPPED order.line_items[0].quantity QUANTITY_OUT_OF_RANGE -1",
        ]
      )
      let stored = try #require(synced.order)
      #expect(stored.shippingAddress?.countryCode == "XK")
      #expect(stored.shippingAddress?.company.count == 255)
      #expect(stored.lineItems.first?.name.count == 255)
      #expect(stored.lineItems.first?.productID == "" && stored.lineItems.first?.total == nil)
      #expect(stored.paymentMethod?.count == 64)
      let customer = try await shop.customer(.email("guest@example.com"))
      #expect(customer.phoneNumber == nil && customer.gender == nil)
      #expect(customer.subscriptions.isEmpty)
      // A repeat changes nothing and warns again.
      let again = try await shop.sync(order) { $0.email = "guest@example.com" }
      #expect(again.outcome == .unchanged && dropped(again.warnings).count == 8)
    }
  }

  @Test func essentialValuesRejectTheOrder() async throws {
    try await Shop.open { shop in
      let before = try shop.image()
      let broken = try await violations {
        try await shop.sync(
          .of("o1", -1) {
            $0.refunds = [.with { $0.externalID = Self.long }]
          }
        ) {
          $0.email = "nonsense"
          $0.phoneNumber = "12345"
        }
      }
      #expect(
        Set(broken) == [
          Broken("order.total.minor_units", "AMOUNT_NEGATIVE"),
          Broken("order.refunds[0].external_id", "TEXT_TOO_LONG"),
          Broken("order.refunds[0].refunded_at", "FIELD_REQUIRED"),
          Broken("order.refunds[0].amount", "FIELD_REQUIRED"),
          Broken("customer.email", "EMAIL_MALFORMED"),
          Broken("customer.phone_number", "PHONE_COUNTRY_MISSING"),
        ]
      )
      // An external id identifies the shop's customer, so it is never left out.
      let placeholder = try await violations {
        try await shop.sync(.of("o1", 1)) {
          $0.externalID = "null"
          $0.email = "guest@example.com"
        }
      }
      #expect(placeholder == [Broken("customer.external_id", "EXTERNAL_ID_PLACEHOLDER")])
      let rejecting = try await violations {
        try await shop.timelines.syncOrder(
          .with {
            $0.customer = .with {
              $0.email = "guest@example.com"
              $0.phoneNumber = "12345"
            }
            $0.order = .of("o1", 1)
            $0.invalidFields = .reject
          }
        )
      }
      #expect(rejecting == [Broken("customer.phone_number", "PHONE_COUNTRY_MISSING")])
      #expect(try shop.image() == before)
    }
  }

  @Test func listsAreCutAtTheirLimit() async throws {
    try await Shop.open { shop in
      let order = Order.of("o1", 1) {
        $0.lineItems = (0...500).map { number in .with { $0.sku = "s\(number)" } }
        $0.discountCodes = (0...20).map { "c\($0)" }
      }
      let synced = try await shop.sync(order) { $0.email = "guest@example.com" }
      #expect(synced.order?.lineItems.count == 500 && synced.order?.discountCodes.count == 20)
      #expect(
        dropped(synced.warnings) == [
          "FIELD_CUT order.line_items LIST_TOO_LONG ",
          "FIELD_CUT order.discount_codes LIST_TOO_LONG ",
        ]
      )
    }
  }

  @Test func anOptOutOfAnImportIsTaken() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "42"
        $0.email = "ann@example.com"
        $0.phoneNumber = "+14155550101"
        $0.acceptsEmailMarketing = true
      }
      let result = try await shop.import([
        .with {
          $0.customer = .with {
            $0.externalID = "42"
            $0.email = "@"
            $0.phoneNumber = "+1"
            $0.address = .with { $0.countryCode = "USA" }
            $0.accountCreatedAt = .at(-5)
            $0.tags = "vip,\(Self.long)"
            $0.customProperties = ["Bad Name": .with { $0.kind = .boolValue(true) }]
          }
          $0.subscriptions = [
            .with {
              $0.channel = .email
              $0.state = .unsubscribed
              $0.source = "x"
            },
            .with {
              $0.channel = .sms
              $0.state = .subscribed
            },
          ]
        }
      ])
      let item = try #require(result.results.first)
      #expect(item.error == nil && item.outcome == .updated)
      #expect(
        item.warnings.map { "\($0.field) \($0.rule)" } == [
          "customer.email EMAIL_MALFORMED", "customer.phone_number PHONE_NOT_E164",
          "customer.account_created_at ACCOUNT_CREATED_TOO_EARLY", "customer.tags TAG_TOO_LONG",
          "customer.address.country_code COUNTRY_UNKNOWN",
          "customer.custom_properties.Bad Name PROPERTY_NAME_MALFORMED",
          "subscriptions[0].source CONSENT_SOURCE_LENGTH", "subscriptions ADDRESS_MISSING",
        ]
      )
      let customer = try await shop.customer(.externalID("42"))
      #expect(customer.email == "ann@example.com" && customer.phoneNumber == "+14155550101")
      #expect(customer.tags == "vip")
      #expect(customer.subscriptions.map(\.state) == [.unsubscribed])
    }
  }

  @Test func propertiesBeyondTheLimitDoNotCostTheRow() async throws {
    try await Shop.open { shop in
      let item = ImportItem.with {
        $0.customer = .with { input in
          input.externalID = "42"
          input.email = "ann@example.com"
          for number in 0...101 {
            input.customProperties["p\(number)"] = .with { $0.kind = .boolValue(true) }
          }
        }
      }
      let result = try await shop.import([item])
      #expect(result.counts?.created == 1)
      #expect(dropped(result.results[0].warnings).count == 2)
      #expect(try await shop.customer(.externalID("42")).customProperties.count == 100)
      let rejected = try await shop.import([item]) { $0.invalidFields = .reject }
      #expect(rejected.counts?.rejected == 1 || rejected.counts?.unchanged == 1)
    }
  }

  @Test func eventsAreTakenWithoutWhatIsWrong() async throws {
    try await Shop.open { shop in
      let answer = try await shop.record(
        of: {
          $0.externalID = "42"
          $0.email = "ann@example.com"
          $0.defaultLanguage = "klingon!"
        },
        {
          $0.source = .product
          $0.type = "review_created"
          $0.eventID = "e1"
          $0.title = Self.long
          $0.references = .with {
            $0.reviewID = "v1"
            $0.campaignID = Self.long
          }
          $0.context = .with { $0.userAgent = String(repeating: "u", count: 600) }
          $0.properties = [
            "score": .with { $0.kind = .int64Value(5) },
            "nan": .with { $0.kind = .doubleValue(.nan) },
            "": .with { $0.kind = .boolValue(true) },
          ]
        }
      )
      #expect(answer.outcome == .created)
      #expect(answer.event?.title.count == 255)
      #expect(answer.event?.context?.userAgent.count == 512)
      #expect(answer.event?.references?.campaignID == "")
      #expect(answer.event?.properties.keys.sorted() == ["score"])
      #expect(
        answer.warnings.map { "\($0.reason) \($0.field) \($0.rule)" } == [
          "FIELD_DROPPED customer.default_language LANGUAGE_TAG_MALFORMED",
          "FIELD_DROPPED event.references.campaign_id TEXT_TOO_LONG",
          "FIELD_CUT event.context.user_agent TEXT_TOO_LONG",
          "FIELD_CUT event.title TEXT_TOO_LONG",
          "FIELD_DROPPED event.properties. PROPERTY_NAME_LENGTH",
          "FIELD_DROPPED event.properties.nan PROPERTY_NOT_FINITE",
        ]
      )
      // The field belongs to the type, but an event may lack it.
      let rating = try await shop.record(of: { $0.externalID = "42" }) {
        $0.source = .product
        $0.type = "review_created"
        $0.eventID = "e2"
        $0.references = .with { $0.reviewID = "v2" }
        $0.properties = ["score": .with { $0.kind = .int64Value(11) }]
      }
      #expect(rating.event?.properties.isEmpty == true)
      #expect(rating.warnings.map(\.rule) == ["PROPERTY_OUT_OF_RANGE"])
      // A field that every event of the type has is essential.
      let broken = try await violations {
        try await shop.record(of: { $0.externalID = "42" }) {
          $0.source = .product
          $0.type = "points_earned"
          $0.properties = ["points": .with { $0.kind = .stringValue("many") }]
        }
      }
      #expect(broken == [Broken("event.properties.points", "PROPERTY_KIND_MISMATCH")])
    }
  }

  @Test func upsertsRejectUnlessAskedToDrop() async throws {
    try await Shop.open { shop in
      let broken = try await violations {
        try await shop.upsert {
          $0.externalID = "42"
          $0.email = "ann@example.com"
          $0.gender = "unknowable"
        }
      }
      #expect(broken == [Broken("customer.gender", "GENDER_UNKNOWN")])
      let upserted = try await shop.upsert(adjust: { $0.invalidFields = .drop }) {
        $0.externalID = "42"
        $0.email = "ann@example.com"
        $0.gender = "unknowable"
      }
      #expect(upserted.outcome == .created)
      #expect(
        dropped(upserted.warnings) == [
          "FIELD_DROPPED customer.gender GENDER_UNKNOWN unknowable"
        ]
      )
      let id = try #require(upserted.customer?.id)
      let updated = try await shop.customers.updateCustomer(
        .with {
          $0.id = id
          $0.invalidFields = .drop
          $0.customer = .with {
            $0.email = "@"
            $0.firstName = "Ann"
          }
        }
      )
      #expect(updated.customer?.firstName == "Ann")
      #expect(updated.customer?.email == "ann@example.com")
      #expect(dropped(updated.warnings) == ["FIELD_DROPPED customer.email EMAIL_MALFORMED @"])
      let unknown = try await violations {
        try await shop.upsert(adjust: { $0.invalidFields = .init(rawValue: 3) }) {
          $0.externalID = "42"
        }
      }
      #expect(unknown == [Broken("invalid_fields", "ENUM_VALUE_UNKNOWN")])
    }
  }

  @Test func theStoresCountryIsAskedBeforeANumberIsLeftOut() async throws {
    try await Shop.open { shop in
      try await shop.set { $0.defaultCountry = "US" }
      let synced = try await shop.sync(.of("o1", 1)) {
        $0.externalID = "42"
        $0.email = "ann@example.com"
        $0.phoneNumber = "(415) 555-0101"
      }
      #expect(dropped(synced.warnings).isEmpty)
      #expect(try await shop.customer(.externalID("42")).phoneNumber == "+14155550101")
      let batch = try await shop.import([
        .with {
          $0.customer = .with {
            $0.externalID = "43"
            $0.email = "bo@example.com"
            $0.phoneNumber = "(415) 555-0102"
          }
        }
      ])
      #expect(batch.results.first?.warnings == [])
      #expect(try await shop.customer(.externalID("43")).phoneNumber == "+14155550102")
    }
  }

  @Test func nothingBesideAnOptOutCostsIt() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "42"
        $0.email = "ann@example.com"
        $0.acceptsEmailMarketing = true
      }
      let answer = try await shop.customers.unsubscribeCustomer(
        .with {
          $0.customer = .with { $0.ref = .externalID("42") }
          $0.channels = [.email]
          $0.actor = .customer
          $0.evidence = .with {
            $0.source = "x"
            $0.ip = "unknown"
            $0.userAgent = String(repeating: "u", count: 600)
            $0.note = Self.long
          }
        }
      )
      #expect(answer.changes.map(\.after) == [.unsubscribed])
      #expect(
        dropped(answer.warnings).map { $0.split(separator: " ")[1] } == [
          "evidence.source", "evidence.user_agent", "evidence.note", "evidence.ip",
        ]
      )
    }
  }
}
