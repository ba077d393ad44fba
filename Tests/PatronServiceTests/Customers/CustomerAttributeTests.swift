import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that the table of attributes is complete: each writable field of the contract has an
/// entry, and each entry is served everywhere.
struct CustomerAttributeTests {
  /// The fields of `patron.v1.Customer` that no caller sets directly.
  private static let computed: Set = [
    "id", "custom_properties", "subscriptions", "origin", "created_at", "updated_at", "etag",
    "reviews", "loyalty", "order_stats", "activity", "last_event_at", "channels",
    "possible_opt_out_at",
  ]

  @Test func everyFieldOfTheContractIsAnAttributeOrComputed() {
    let fields = CustomerAttribute.all.flatMap(\.fields).map(\.name)
    #expect(Set(fields).count == fields.count)
    #expect(Set(fields).isDisjoint(with: Self.computed))
    #expect(Set(Customer.descriptor.fields.map(\.name)) == Self.computed.union(fields))

    let names = CustomerAttribute.all.map(\.name)
    #expect(
      CustomerInput.descriptor.fields.map(\.name).filter { $0 != "address_mask" }.sorted()
        == (names + ["custom_properties"]).sorted()
    )
  }

  @Test func storedBitsOfProvenanceNeverChange() {
    // Databases hold these numbers. A new attribute takes the next bit, 15 to 17 are summaries.
    let names = [
      "external_id", "email", "phone_number", "first_name", "last_name", "gender",
      "account_created_at", "account_status", "default_language", "locale", "default_currency",
      "tags", "address", "accepts_sms_marketing", "accepts_email_marketing",
    ]
    var bits = Dictionary(
      uniqueKeysWithValues: CustomerAttribute.all.flatMap(\.fields).map { ($0.name, $0.bit) }
    )
    for (bit, name) in names.enumerated() { #expect(bits.removeValue(forKey: name) == 1 << bit) }
    let later = bits.values.sorted()
    #expect(later == later.indices.map { 1 << UInt64(18 + $0) })
  }

  /// Returns an input with a value for every attribute.
  private func everything(_ number: Int) -> CustomerInput {
    .with {
      $0.externalID = "a\(number)"
      $0.email = "a\(number)@example.com"
      $0.phoneNumber = "+1415555010\(number)"
      $0.firstName = "Ada"
      $0.lastName = "Byron"
      $0.accountCreatedAt = .at(1_600_000_000)
      $0.accountStatus = "enabled"
      $0.defaultLanguage = "en-GB"
      $0.defaultCurrency = "GBP"
      $0.tags = "vip"
      $0.address = .with { $0.city = "London" }
      $0.acceptsSMSMarketing = true
      $0.acceptsEmailMarketing = true
      for attribute in CustomerAttribute.all where attribute.exampleCount > 0 {
        attribute.setExample(number, &$0)
      }
    }
  }

  @Test func everyAttributeIsStoredAndRemembered() async throws {
    try await Shop.open { shop in
      let given = everything(0)
      for attribute in CustomerAttribute.all {
        #expect(attribute.isGiven(given), "\(attribute.name)")
      }
      let customer = try #require(try await shop.upsert { $0 = given }.customer)
      let full = try await shop.get(.id(customer.id), view: .full)
      let known = Set(full.provenance.map(\.field))
      for field in CustomerAttribute.all.flatMap(\.fields) {
        #expect(field.isSet(customer), "\(field.name)")
        #expect(known.contains(field.name), "\(field.name)")
      }
      let again = try await shop.upsert { $0 = given }
      #expect(again.outcome == .unchanged && again.changedFields.isEmpty)
    }
  }

  @Test func everyAttributeIsSetAndClearedByItsPath() async throws {
    try await Shop.open { shop in
      var customer = try #require(try await shop.upsert { $0 = everything(0) }.customer)
      // Each customer needs an address: the two are cleared one after the other.
      for attribute in CustomerAttribute.all {
        func update(_ input: CustomerInput) async throws -> Customer {
          try #require(
            try await shop.customers.updateCustomer(
              .with {
                $0.id = customer.id
                $0.customer = input
                $0.updateMask = .with { $0.paths = [attribute.name] }
              }
            ).customer
          )
        }
        customer = try await update(CustomerInput())
        #expect(!attribute.isSet(customer), "\(attribute.name)")
        customer = try await update(everything(0))
        #expect(attribute.isSet(customer), "\(attribute.name)")
      }
    }
  }

  @Test func aMergeTakesEveryAttributeThatThePrimaryLacks() async throws {
    try await Shop.open { shop in
      let secondary = try #require(try await shop.upsert { $0 = everything(0) }.customer)
      let primary = try #require(
        try await shop.upsert { $0.phoneNumber = "+14155550199" }.customer
      )
      let merged = try #require(
        try await shop.merge(.id(primary.id), .id(secondary.id)).customer
      )
      for attribute in CustomerAttribute.all where attribute.name != "phone_number" {
        #expect(attribute.isSame(merged, secondary), "\(attribute.name)")
      }
    }
  }

  @Test func everyAttributeIsExported() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0 = everything(0) }
      let rows = try await shop.exportTable()
      for field in CustomerAttribute.all.flatMap(\.fields) {
        let column = field.name == "address" ? "city" : field.name
        let index = try #require(rows[0].firstIndex(of: column), "\(column)")
        #expect(!rows[1][index].isEmpty, "\(column)")
        #expect(CustomerColumn(name: column)?.isWritable == true, "\(column)")
      }
    }
  }

  @Test func everyAttributeFillsAGapOfAKnownCustomerByAThirdPartysEvent() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.email = "a0@example.com" }
      let request = RecordEventRequest.with {
        $0.customer = everything(0)
        $0.event = .with {
          $0.source = .thirdParty
          $0.sourceName = "quiz"
          $0.type = "quiz_completed"
          $0.eventID = "q1"
        }
      }
      _ = try await shop.timelines.recordEvent(request)
      let enriched = try await shop.customer(.email("a0@example.com"))
      let unset = Self.unset(in: enriched)
      #expect(unset.isEmpty)
    }
  }

  /// Returns the names of the attributes other than flags that a record lacks.
  private static func unset(in customer: Customer) -> [String] {
    CustomerAttribute.all.filter { attribute in
      if case .flag = attribute.role { return false }
      return !attribute.isSet(customer)
    }.map(\.name)
  }
}
