import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of MergeCustomers.
struct MergeTests {
  @Test func everythingMovesToThePrimary() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      let merged = try await shop.merge(.externalID("p"), .externalID("s"))
      let customer = try #require(merged.customer)
      #expect(customer.id == pair.primary)
      #expect(merged.mergeID > 0 && merged.orderCount == 1 && merged.eventCount == 4)
      #expect(customer.email == "p@example.com" && customer.phoneNumber == "+14155550102")
      #expect(customer.firstName == "Ada" && customer.lastName == "King")
      #expect(customer.defaultLanguage == "en" && customer.locale == "en-GB")
      #expect(customer.tags == "VIP,old,new")
      #expect(
        customer.customProperties
          == ["size": .text("M"), "shoe": .text("39"), "hat": .text("7")]
      )
      #expect(customer.orderStats.map(\.orderCount) == [2])
      #expect(customer.orderStats.map(\.totalSpent) == [1000])
      let third = customer.activity.first { $0.source == .thirdParty }
      #expect(third?.eventCount == 2 && third?.type == "ticket_closed")
      #expect(try await shop.customer(.id(pair.primary)) == customer)
      let events = try await shop.timeline(.id(pair.primary), size: 100).events
      #expect(events.count == 9 && events.allSatisfy { $0.customerID == pair.primary })
      let told = try #require(events.first { $0.type == "profile_merged" })
      #expect(told.id == merged.mergeID && told.actor == .operator)
      #expect(told.properties["other_id"]?.kind == .int64Value(pair.secondary))
      #expect(told.properties["moved_events"]?.kind == .int64Value(4))
      #expect(told.properties["identifiers"] == .text("external_id,email"))
      #expect(try await shop.list(size: 100).customers.map(\.id) == [pair.primary])
      #expect(try shop.findings() == [])
    }
  }

  @Test func whatNamedTheSecondaryNamesThePrimary() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      try await shop.merge(.id(pair.primary), .id(pair.secondary))
      let refs: [CustomerRef.Ref] = [
        .id(pair.secondary), .externalID("s"), .email("S@example.com"),
        .phoneNumber("+14155550102"), .id(pair.primary), .externalID("p"),
        .email("p@example.com"),
      ]
      for ref in refs {
        #expect(try await shop.customer(ref).id == pair.primary, "\(ref)")
        #expect(
          try await shop.timeline(ref, size: 1).header?.customer?.id == pair.primary,
          "\(ref)"
        )
      }
      let batch = try await shop.customers.batchGetCustomers(
        .with { $0.customers = refs.map { ref in .with { $0.ref = ref } } }
      )
      #expect(batch.customers.map(\.id) == refs.map { _ in pair.primary } && batch.missing == [])
      // An upsert by an alias creates no customer and changes no identifier.
      for input in [
        CustomerInput.with { $0.externalID = "s" }, .with { $0.email = "s@example.com" },
      ] {
        let again = try await shop.upsert {
          $0 = input
          $0.lastName = "Lovelace"
        }
        #expect(again.customer?.id == pair.primary)
        #expect(again.customer?.email == "p@example.com" && again.customer?.externalID == "p")
      }
      #expect(try await shop.search("s@example") == [])
      #expect(try await shop.search("5550102") == ["p"])
      // No other customer gets the address.
      let taken = try await failure {
        try await shop.upsert {
          $0.externalID = "x"
          $0.email = "s@example.com"
        }
      }
      #expect(taken.reason == "IDENTIFIER_CONFLICT")
      #expect(taken.metadata == ["field": "email", "customer_id": String(pair.primary)])
      #expect(try shop.findings() == [])
    }
  }

  @Test func theShopMayTakeAFormerAddressUpAgain() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      try await shop.merge(.id(pair.primary), .id(pair.secondary))
      let changed = try await shop.upsert {
        $0.externalID = "p"
        $0.email = "s@example.com"
      }
      #expect(changed.changedFields == ["email"])
      #expect(try await shop.customer(.email("s@example.com")).id == pair.primary)
      let gone = try await failure { try await shop.get(.email("p@example.com")) }
      #expect(gone.code == .notFound)
      #expect(try shop.findings() == [])
    }
  }

  @Test func fieldsCanBePreferred() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      let merged = try await shop.merge(
        .id(pair.primary),
        .id(pair.secondary),
        prefer: ["first_name", "email", "external_id", "custom_properties.size", "gender"]
      )
      let customer = try #require(merged.customer)
      #expect(customer.firstName == "Augusta" && customer.email == "s@example.com")
      #expect(customer.externalID == "s" && customer.customProperties["size"] == .text("L"))
      for ref in [CustomerRef.Ref.email("p@example.com"), .externalID("p"), .externalID("s")] {
        #expect(try await shop.customer(ref).id == pair.primary)
      }
      #expect(try await shop.search("p@example") == [])
      #expect(try shop.findings() == [])
    }
  }

  @Test func aPreviewShowsItAndChangesNothing() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "p" }
        $0.channels = [.email]
        $0.evidence?.occurredAt = .at(1_700_000_000)
      }
      try await shop.unsubscribe(.externalID("s")) { $0.channels = [.email] }
      let before = try shop.image()
      let preview = try await shop.merge(.id(pair.primary), .id(pair.secondary), preview: true)
      #expect(try shop.image() == before)
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary))
      #expect(preview.mergeID == 0 && preview.eventCount == merged.eventCount)
      #expect(preview.orderCount == merged.orderCount)
      #expect(
        preview.subscriptionChanges.map(\.after) == merged.subscriptionChanges.map(\.after)
      )
      #expect(merged.subscriptionChanges.map(\.after) == [.unsubscribed])
      func comparable(_ response: MergeCustomersResponse) -> Customer? {
        var customer = response.customer
        customer?.etag = ""
        customer?.updatedAt = nil
        for index in customer?.subscriptions.indices ?? 0..<0 {
          customer?.subscriptions[index].ledgerID = 0
        }
        for index in customer?.activity.indices ?? 0..<0 {
          customer?.activity[index].lastEventAt = nil
        }
        customer?.lastEventAt = nil
        return customer
      }
      #expect(comparable(preview) == comparable(merged))
    }
  }

  @Test func aRequestIDMergesOnce() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      let first = try await shop.merge(
        .id(pair.primary),
        .id(pair.secondary),
        requestID: "r1"
      )
      let image = try shop.image()
      let again = try await shop.merge(.id(pair.primary), .id(pair.secondary), requestID: "r1")
      #expect(first == again)
      #expect(try shop.image() == image)
      let undone = try await shop.unmerge(first.mergeID, requestID: "r2")
      #expect(try await shop.unmerge(first.mergeID, requestID: "r2") == undone)
      let reused = try await violations {
        try await shop.unmerge(first.mergeID, requestID: "r1")
      }
      #expect(reused == [Broken("request_id", "REQUEST_ID_REUSED")])
    }
  }

  @Test func mistakesAreNamed() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      let before = try shop.image()
      let names = try await violations {
        try await shop.merge(
          .id(pair.primary),
          .id(pair.secondary),
          prefer: ["email", "mail", "tags"]
        )
      }
      #expect(
        names == [
          Broken("prefer_secondary[1]", "FIELD_UNKNOWN"),
          Broken("prefer_secondary[2]", "FIELD_UNKNOWN"),
        ]
      )
      for ref in [CustomerRef.Ref.id(pair.primary), .externalID("p")] {
        let itself = try await violations { try await shop.merge(.id(pair.primary), ref) }
        #expect(itself == [Broken("secondary", "MERGE_WITH_ITSELF")])
      }
      let missing = try await violations {
        try await shop.customers.mergeCustomers(
          .with { $0.primary = .with { $0.ref = .id(pair.primary) } }
        )
      }
      #expect(missing == [Broken("secondary", "REF_MISSING")])
      for (primary, secondary, field) in [
        (CustomerRef.Ref.id(99), CustomerRef.Ref.id(pair.primary), "primary"),
        (.id(pair.primary), .email("nobody@example.com"), "secondary"),
      ] {
        let unknown = try await failure { try await shop.merge(primary, secondary) }
        #expect(unknown.code == .notFound && unknown.reason == "CUSTOMER_NOT_FOUND")
        #expect(unknown.metadata == ["field": field])
        #expect(!unknown.message.contains("nobody"))
      }
      let other = try await failure {
        try await shop.merge(.externalID("p"), .externalID("s"), in: "other")
      }
      #expect(other.reason == "CUSTOMER_NOT_FOUND")
      #expect(try shop.image() == before)
    }
  }

  @Test func whatIsTooMuchIsRefused() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "p"
        $0.email = "p@example.com"
        $0.tags = (0..<250).map { "a\($0)" }.joined(separator: ",")
      }
      try await shop.upsert {
        $0.externalID = "s"
        $0.email = "s@example.com"
        $0.tags = "A0,b"
      }
      let before = try shop.image()
      let tags = try await failure { try await shop.merge(.externalID("p"), .externalID("s")) }
      #expect(tags.code == .failedPrecondition && tags.reason == "TAGS_TOO_MANY")
      #expect(try shop.image() == before)
      try await shop.upsert {
        $0.externalID = "s"
        $0.tags = "A0"
      }
      try await shop.merge(.externalID("p"), .externalID("s"))
      #expect(try shop.findings() == [])
    }
  }

  @Test(arguments: [
    ("DELETE FROM id_aliases", "went in it and names nobody"),
    ("UPDATE address_aliases SET customer_id = 999", "their customer 999 is missing"),
    ("UPDATE id_aliases SET customer_id = 999", "their customer 999 is missing"),
    ("UPDATE aliases SET external_id = 'p'", "is also a former one of customer"),
    ("UPDATE address_aliases SET address = 'p@example.com'", "is also a former one of customer"),
    (
      "INSERT INTO address_aliases VALUES ('default', 1, '+14155550102', 1)",
      "is also a former one of customer"
    ),
    ("UPDATE id_aliases SET merged_id = customer_id", "is also a former one of customer"),
    ("UPDATE consent_ledger SET id = id + 1", "it and its columns differ"),
  ])
  func tamperedAliasesAreFound(_ sql: String, _ finding: String) async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      try await shop.unsubscribe(.externalID("p"))
      try await shop.merge(.id(pair.primary), .id(pair.secondary))
      #expect(try shop.findings() == [])
      try await shop.tamper(sql)
      let findings = try shop.findings()
      #expect(findings.contains { $0.contains(finding) }, "\(sql): \(findings)")
      #expect(!"\(findings)".contains("example.com"))
    }
  }

  @Test func oneWriteMovesALimitedNumber() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      // One event is stored 20,000 times, with other unique fields each time.
      func fill(_ count: Int64) async throws {
        let store = try #require(StoreID(""))
        try await shop.write { transaction in
          let writer = StoreWriter(transaction, store, CustomerTerms.rules)
          let known = try writer.read.event(source: 3, sourceName: "helpdesk", eventID: "es")
          var event = try Event(stored: known?.body ?? [])
          for number in 0..<count {
            event.id = try writer.nextID()
            event.sequence = event.id
            event.eventID = "filled\(event.id)-\(number)"
            try writer.insert(try EventRow(event))
          }
        }
      }
      let there = 4 + 1 + 1 as Int64
      try await fill(MergePlan.maxRecords - there)
      let preview = try await shop.merge(.id(pair.primary), .id(pair.secondary), preview: true)
      #expect(preview.eventCount == MergePlan.maxRecords - 2)
      try await fill(1)
      let before = try await shop.timeline(.id(pair.secondary), size: 1).events
      let tooMuch = try await failure {
        try await shop.merge(.id(pair.primary), .id(pair.secondary))
      }
      #expect(tooMuch.code == .failedPrecondition && tooMuch.reason == "MERGE_TOO_LARGE")
      #expect(tooMuch.metadata["customer_id"] == String(pair.secondary))
      #expect(try await shop.timeline(.id(pair.secondary), size: 1).events == before)
      // In the other direction there is little to move.
      try await shop.merge(.id(pair.secondary), .id(pair.primary))
    }
  }
}
