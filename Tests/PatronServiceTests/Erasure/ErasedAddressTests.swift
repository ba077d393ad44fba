import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the addresses of erased customers.
struct ErasedAddressTests {
  private func writes(_ shop: Shop) -> [(what: String, call: () async throws -> Void)] {
    func ada(_ input: inout CustomerInput) { input.email = "ADA@example.com" }
    return [
      ("upsert", { try await shop.upsert(ada) }),
      ("upsert by phone", { try await shop.upsert { $0.phoneNumber = "+1 415 555 0101" } }),
      (
        "upsert with another external id",
        {
          try await shop.upsert {
            $0.externalID = "c2"
            $0.email = "bob2@example.com"
            $0.phoneNumber = "+14155550101"
          }
        }
      ),
      ("dry run", { try await shop.upsert(adjust: { $0.validateOnly = true }, ada) }),
      ("event", { try await shop.record(of: ada, RecordEventTests.quiz("e2")) }),
      ("order", { try await shop.sync(.of("o2", 1), of: ada) }),
      (
        "checkout",
        {
          _ = try await shop.timelines.syncCheckout(
            .with {
              $0.customer = .with(ada)
              $0.checkout = .with {
                $0.token = "k"
                $0.startedAt = .at(1_700_000_000)
              }
            }
          )
        }
      ),
      (
        "subscribe",
        {
          try await shop.subscribe {
            $0.customer = .with(ada)
            $0.channels = [.email]
          }
        }
      ),
    ]
  }

  @Test func doNotBecomeCustomersAgain() async throws {
    try await Shop.open { shop in
      try await shop.upsert(DeleteTests.ada)
      try await shop.delete(.externalID("c1"))
      let image = try shop.image()
      for (what, call) in writes(shop) {
        let error = try await failure(what, call)
        #expect(error.code == .failedPrecondition && error.reason == "ADDRESS_ERASED", "\(what)")
        #expect(["email", "phone_number"].contains(error.metadata["field"]), "\(what)")
        #expect(!"\(error)".contains("ada") && !"\(error)".contains("0101"), "\(what)")
      }
      let imported = try await shop.customers.importCustomers(
        .with {
          $0.items = [
            .with { $0.customer = .with { $0.email = "ada@example.com" } },
            .with { $0.customer = .with { $0.email = "bob@example.com" } },
          ]
        }
      )
      #expect(imported.results.first?.error?.asError.reason == "ADDRESS_ERASED")
      #expect(imported.counts?.created == 1 && imported.counts?.rejected == 1)
      try await shop.delete(.email("bob@example.com"), .purge)
      #expect(try await shop.list().customers.isEmpty)
      // Other customers can be created, and other stores are not affected.
      try await shop.upsert { $0.email = "eve@example.com" }
      try await shop.upsert(in: "two", DeleteTests.ada)
      #expect(image != (try shop.image()))
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func becomeNewCustomersWhereTheStoreAllowsIt() async throws {
    try await Shop.open { shop in
      let first = try #require(try await shop.upsert(DeleteTests.ada).customer)
      try await shop.delete(.id(first.id))
      try await shop.set(["allow_recreate_after_erasure"]) { $0.allowRecreateAfterErasure = true }
      let second = try #require(try await shop.upsert(DeleteTests.ada).customer)
      #expect(second.id > first.id && second.orderStats.isEmpty)
      #expect(try await failure { try await shop.get(.id(first.id)) }.reason == "CUSTOMER_ERASED")
      // The customer can be erased again, and then not be created again.
      try await shop.delete(.id(second.id), .purge)
      try await shop.set(["allow_recreate_after_erasure"]) { $0.allowRecreateAfterErasure = false }
      #expect(
        try await failure { try await shop.upsert(DeleteTests.ada) }.reason == "ADDRESS_ERASED"
      )
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  /// A sync that continues must not send messages to a customer who asked to be forgotten.
  @Test func nothingIsSentToWhoWasErasedBeforeTheyAgreeAgain() async throws {
    func ada(_ input: inout CustomerInput) {
      DeleteTests.ada(&input)
      input.acceptsEmailMarketing = true
    }
    try await Shop.open { shop in
      let form: (inout SubscribeCustomerRequest) -> Void = {
        $0.customer = .with(DeleteTests.ada)
        $0.channels = [.email]
      }
      try await shop.set(["allow_recreate_after_erasure"]) { $0.allowRecreateAfterErasure = true }
      for _ in 0..<2 {
        try await shop.upsert(ada)
        try await shop.subscribe(form)
        let agreed = GoogleProtobuf.Timestamp.now - 1
        try await shop.delete(.externalID("c1"))
        let again = try await shop.upsert(ada)
        #expect(again.outcome == .created)
        #expect(again.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
        let status = try await shop.status(.email)
        #expect(!status.canReceive && status.suppressions.map(\.reason) == [.erasure])
        try await shop.subscribe {
          form(&$0)
          $0.actor = .operator
        }
        let lifted = try await violations {
          try await shop.unsuppress(.externalID("c1"), [.erasure]) { $0.channels = [.email] }
        }
        #expect(lifted == [Broken("reasons", "STICKY_OPT_OUT")])
        // The form from before the erasure is delivered again.
        try await shop.subscribe {
          form(&$0)
          $0.evidence?.occurredAt = .at(agreed)
        }
        #expect(try await !shop.status(.email).canReceive)
        try await shop.subscribe(form)
        #expect(try await shop.status(.email).canReceive)
        try await shop.delete(.externalID("c1"))
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anOptOutStaysWithTheAddress() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        DeleteTests.ada(&$0)
        $0.acceptsEmailMarketing = true
        $0.acceptsSMSMarketing = true
      }
      try await shop.unsubscribe { $0.channels = [.email] }
      let receipt = try await shop.delete(.externalID("c1"))
      #expect(receipt.suppressionCount == 2)
      try await shop.set(["allow_recreate_after_erasure"]) { $0.allowRecreateAfterErasure = true }
      try await shop.upsert {
        DeleteTests.ada(&$0)
        $0.acceptsEmailMarketing = true
        $0.acceptsSMSMarketing = true
      }
      let email = try await shop.status(.email)
      #expect(!email.canReceive && email.blockReasons == [.suppressed, .neverSubscribed])
      #expect(email.suppressions.map(\.reason) == [.erasure, .unsubscribed])
      // Only a newer agreement in person undoes it.
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.channels = [.email]
      }
      #expect(try await shop.status(.email).canReceive)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test(arguments: [
    Topic.marketing, .reviewRequests, .transactional, .loyalty,
  ])
  func anOptOutOfATopicStaysWithTheAddress(_ topic: Topic) async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        DeleteTests.ada(&$0)
        $0.acceptsSMSMarketing = true
      }
      try await shop.unsubscribe {
        $0.topics = [topic]
        $0.evidence = .with { $0.occurredAt = .at(1_700_000_000) }
      }
      try await shop.delete(.externalID("c1"))
      #expect(
        try shop.rows("SELECT channel FROM suppressions WHERE reason = 9", columns: 1) == [["1"]]
      )
      try await shop.set(["allow_recreate_after_erasure"]) { $0.allowRecreateAfterErasure = true }
      try await shop.upsert {
        DeleteTests.ada(&$0)
        $0.acceptsSMSMarketing = true
      }
      #expect(try await !shop.status(.sms).canReceive)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func suppressionsOutliveTheCustomerWithoutNotes() async throws {
    try await Shop.open { shop in
      try await shop.upsert(DeleteTests.ada)
      try await shop.suppress(.externalID("c1"), .hardBounce) {
        $0.note = "Ada moved"
        $0.source = "carrier"
      }
      #expect(try await shop.delete(.externalID("c1"), .purge).suppressionCount == 2)
      #expect(
        try shop.rows("SELECT channel, reason, source, note FROM suppressions", columns: 4)
          == [["1", "2", "", ""], ["1", "7", "", ""], ["2", "7", "", ""]]
      )
      try await shop.set(["allow_recreate_after_erasure"]) { $0.allowRecreateAfterErasure = true }
      try await shop.upsert(DeleteTests.ada)
      #expect(try await shop.status(.sms).blockReasons.contains(.suppressed))
    }
  }

  @Test func theLedgerKeepsTheProof() async throws {
    for mode in [DeleteMode.anonymize, .purge] {
      try await Shop.open { shop in
        try await shop.upsert(DeleteTests.ada)
        try await shop.subscribe {
          $0.evidence?.ip = "203.0.113.9"
          $0.evidence?.consentText = "Ada agrees"
          $0.evidence?.occurredAt = .at(1_700_000_000)
          $0.historical = true
        }
        let before = try await shop.history()
        try await shop.delete(.externalID("c1"), mode)
        let after = try shop.blobs("SELECT body FROM consent_ledger").map {
          try ConsentRecord(decoding: $0)
        }
        #expect(after.map(\.id) == before.map(\.id) && after.map(\.state) == before.map(\.state))
        #expect(after.map(\.occurredAt) == before.map(\.occurredAt))
        #expect(after.first?.evidence?.ip == "" && after.first?.evidence?.consentText == "")
        #expect(
          after.first?.evidence?.source == (mode == .anonymize ? "welcome_popup" : "")
        )
      }
    }
  }
}

/// Tests of the erasure of customers who were merged: they are erased as one.
struct ErasedMergeTests {
  private func merged(_ shop: Shop) async throws -> (primary: Int64, secondary: Int64, merge: Int64)
  {
    let primary = try await shop.upsert(DeleteTests.ada).customer?.id ?? 0
    let secondary =
      try await shop.upsert {
        $0.externalID = "second"
        $0.email = "secondary@example.com"
        $0.firstName = "Secondary"
      }.customer?.id ?? 0
    try await shop.sync(.of("o2", 100) { $0.name = "secondary order" }) { $0.externalID = "second" }
    let answer = try await shop.customers.mergeCustomers(
      .with {
        $0.primary = .with { $0.ref = .id(primary) }
        $0.secondary = .with { $0.ref = .id(secondary) }
        $0.requestID = "m1"
      }
    )
    return (primary, secondary, answer.mergeID)
  }

  @Test(arguments: [DeleteMode.anonymize, .purge])
  func nothingOfEitherIsLeft(_ mode: DeleteMode) async throws {
    try await Shop.open { shop in
      let (primary, secondary, merge) = try await merged(shop)
      try await shop.delete(.id(secondary), mode)
      for id in [primary, secondary] {
        #expect(try await failure { try await shop.get(.id(id)) }.reason == "CUSTOMER_ERASED")
      }
      #expect(try await failure { try await shop.get(.externalID("second")) }.code == .notFound)
      for email in ["ada@example.com", "secondary@example.com"] {
        let error = try await failure { try await shop.upsert { $0.email = email } }
        #expect(error.reason == "ADDRESS_ERASED", "\(email)")
      }
      let unmerged = try await failure {
        try await shop.customers.unmergeCustomers(.with { $0.mergeID = merge })
      }
      #expect(unmerged.code == .notFound)
      let image = try shop.image()
      #expect(!image.contains("secondary") && !image.contains("Secondary"))
      for table in ["merges", "merged_names", "id_aliases", "address_aliases", "requests"] {
        #expect(try shop.rows("SELECT count(*) FROM \(table)", columns: 1) == [["0"]], "\(table)")
      }
      for table in ["customers", "events", "orders", "checkouts", "consent_ledger"] {
        let bodies = try shop.blobs("SELECT body FROM \(table)")
        #expect(
          !bodies.contains {
            String(decoding: $0, as: UTF8.self).lowercased().contains("secondary")
          },
          "\(table)"
        )
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whoCameBackStays() async throws {
    try await Shop.open { shop in
      let (primary, secondary, merge) = try await merged(shop)
      _ = try await shop.customers.unmergeCustomers(
        .with {
          $0.mergeID = merge
          $0.requestID = "m2"
        }
      )
      try await shop.delete(.id(primary))
      #expect(try await shop.customer(.id(secondary)).firstName == "Secondary")
      // The answers held both customers.
      #expect(try shop.rows("SELECT count(*) FROM requests", columns: 1) == [["0"]])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }
}
