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

/// Tests of merges that identifiers cause: only if the identifiers leave no doubt.
struct AutomaticMergeTests {
  /// Creates a customer without an identifier of the shop.
  @discardableResult
  private func guest(
    _ shop: Shop,
    _ input: (inout CustomerInput) -> Void
  ) async throws -> Int64 { try await shop.upsert(input).customer?.id ?? 0 }

  @Test func aGuestIsMergedIntoTheKnownCustomer() async throws {
    try await Shop.open { shop in
      let guest = try await guest(shop) {
        $0.phoneNumber = "+14155550101"
        $0.firstName = "Ada"
      }
      try await shop.sync(.of("o1", 300)) { $0.phoneNumber = "+14155550101" }
      let known = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let trial = try shop.image()
      func upsert(dryRun: Bool) async throws -> UpsertCustomerResponse {
        try await shop.upsert(adjust: { $0.validateOnly = dryRun }) {
          $0.externalID = "c1"
          $0.phoneNumber = "+14155550101"
          $0.lastName = "King"
        }
      }
      let dry = try await upsert(dryRun: true)
      #expect(try shop.image() == trial)
      let merged = try await upsert(dryRun: false)
      for answer in [dry, merged] {
        #expect(answer.outcome == .merged)
        #expect(
          answer.changedFields
            == ["default_currency", "first_name", "last_name", "phone_number"]
        )
        #expect(answer.warnings.map(\.reason) == ["CUSTOMERS_MERGED"])
      }
      #expect(merged.customer?.id == known.customer?.id)
      #expect(merged.customer?.orderStats.map(\.totalSpent) == [300])
      #expect(try await shop.customer(.id(guest)).id == known.customer?.id)
      #expect(try shop.findings() == [])
      let told = try await shop.timeline(.externalID("c1"), size: 100).events
      let event = try #require(told.first { $0.type == "profile_merged" })
      #expect(event.actor == .system)
      // It can be undone like any other merge. The customer does not need the number any more.
      try await shop.unmerge(event.id)
      #expect(try await shop.customer(.phoneNumber("+14155550101")).id == guest)
      #expect(try shop.findings() == [])
    }
  }

  @Test func ofTwoGuestsTheOlderStays() async throws {
    for isEmailFirst in [true, false] {
      try await Shop.open { shop in
        var ids: [Int64] = []
        for index in 0..<2 {
          let isEmail = (index == 0) == isEmailFirst
          ids.append(
            try await guest(shop) {
              if isEmail { $0.email = "a@example.com" } else { $0.phoneNumber = "+14155550101" }
            }
          )
        }
        let answer = try await shop.upsert {
          $0.externalID = "c1"
          $0.email = "a@example.com"
          $0.phoneNumber = "+14155550101"
        }
        #expect(answer.outcome == .merged && answer.customer?.id == ids[0])
        #expect(answer.customer?.externalID == "c1")
        #expect(answer.customer?.email == "a@example.com")
        #expect(answer.customer?.phoneNumber == "+14155550101")
        #expect(try await shop.customer(.id(ids[1])).id == ids[0])
        #expect(try shop.findings() == [])
      }
    }
  }

  @Test func threeBecomeOne() async throws {
    try await Shop.open { shop in
      let mail = try await guest(shop) { $0.email = "a@example.com" }
      let phone = try await guest(shop) { $0.phoneNumber = "+14155550101" }
      let known = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }.customer?.id
      let answer = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "a@example.com"
        $0.phoneNumber = "+14155550101"
      }
      #expect(answer.outcome == .merged && answer.customer?.id == known)
      #expect(answer.customer?.email == "a@example.com")
      for id in [mail, phone] { #expect(try await shop.customer(.id(id)).id == known) }
      #expect(try shop.findings() == [])
    }
  }

  @Test func ordersCheckoutsEventsAndFormsMergeToo() async throws {
    let number = "+14155550101"
    let input: @Sendable (inout CustomerInput) -> Void = {
      $0.email = "a@example.com"
      $0.phoneNumber = number
    }
    try await each { shop in
      let answer = try await shop.sync(.of("o2", 200), of: input)
      #expect(answer.warnings.map(\.reason) == ["CUSTOMERS_MERGED"] && !answer.customerCreated)
      // The order of the secondary is known under the primary.
      let known = try await shop.sync(
        .of("o1", 100) { $0.cancellation = .with { $0.cancelledAt = .at(1_700_000_500) } },
        of: input
      )
      #expect(known.outcome == .updated)
    }
    try await each { shop in
      let known = try await shop.sync(
        .of("o1", 100) { $0.cancellation = .with { $0.cancelledAt = .at(1_700_000_500) } },
        of: input
      )
      #expect(known.outcome == .updated && known.derivedEvents.map(\.type) == ["order_cancelled"])
    }
    try await each { shop in
      let known = try await shop.sync(.of("o1", 100), of: input)
      #expect(known.outcome == .unchanged || known.outcome == .updated)
    }
    try await each { shop in
      let answer = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with(input)
          $0.checkout = .with {
            $0.token = "t1"
            $0.startedAt = .at(1_700_000_000)
            $0.abandonedAt = .at(1_700_000_100)
          }
        }
      )
      #expect(answer.outcome == .updated)
      #expect(answer.warnings.map(\.reason) == ["CUSTOMERS_MERGED"])
    }
    try await each { shop in
      let answer = try await shop.subscribe {
        $0.customer = .with(input)
        $0.channels = [.email, .sms]
      }
      #expect(answer.outcome == .merged && answer.changes.count == 2)
    }
    try await each { shop in
      let answer = try await shop.record(
        of: {
          input(&$0)
          $0.externalID = "c1"
        },
        {
          $0.eventID = "e1"
          $0.source = .thirdParty
          $0.sourceName = "app"
          $0.type = "pong"
        }
      )
      #expect(answer.outcome == .updated)
      #expect(answer.warnings.map(\.reason) == ["CUSTOMERS_MERGED"])
    }
  }

  /// Runs `body` in shops in which the younger of two guests has an order, a checkout and an event.
  private func each(_ body: (Shop) async throws -> Void) async throws {
    try await Shop.open { shop in
      let older = try await guest(shop) { $0.email = "a@example.com" }
      let younger = try await guest(shop) { $0.phoneNumber = "+14155550101" }
      try await shop.sync(.of("o1", 100)) { $0.phoneNumber = "+14155550101" }
      _ = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with { $0.phoneNumber = "+14155550101" }
          $0.checkout = .with {
            $0.token = "t1"
            $0.startedAt = .at(1_700_000_000)
          }
        }
      )
      try await shop.record(of: { $0.phoneNumber = "+14155550101" }) {
        $0.eventID = "e1"
        $0.source = .thirdParty
        $0.sourceName = "app"
        $0.type = "ping"
      }
      try await body(shop)
      #expect(try await shop.customer(.id(younger)).id == older)
      #expect(try shop.findings() == [])
    }
  }

  @Test func anUpdateByIDMergesIntoTheOneItNames() async throws {
    try await Shop.open { shop in
      let guest = try await guest(shop) { $0.phoneNumber = "+14155550101" }
      let ada = try await shop.upsert { $0.email = "a@example.com" }.customer?.id ?? 0
      let answer = try await shop.customers.updateCustomer(
        .with {
          $0.id = ada
          $0.customer = .with { $0.phoneNumber = "+14155550101" }
        }
      )
      #expect(answer.outcome == .merged && answer.customer?.id == ada)
      #expect(try await shop.customer(.id(guest)).id == ada)
      #expect(try shop.findings() == [])
    }
  }

  @Test func tagsThatTheRequestReplacesDoNotCount() async throws {
    try await Shop.open { shop in
      func tags(_ prefix: String, _ count: Int) -> String {
        (0..<count).map { "\(prefix)\($0)" }.joined(separator: ",")
      }
      let guest = try await guest(shop) {
        $0.email = "g@example.com"
        $0.tags = tags("g", 200)
      }
      let known =
        try await shop.upsert {
          $0.externalID = "c1"
          $0.email = "c1@example.com"
          $0.tags = tags("c", 100)
        }.customer?.id ?? 0
      let before = try shop.image()
      let refused = try await failure {
        try await shop.upsert {
          $0.externalID = "c1"
          $0.email = "g@example.com"
        }
      }
      #expect(refused.code == .failedPrecondition && refused.reason == "TAGS_TOO_MANY")
      #expect(
        refused.metadata == ["customer_id": String(known), "other_customer_id": String(guest)]
      )
      #expect(try shop.image() == before)
      let merged = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "g@example.com"
        $0.tags = "vip"
      }
      #expect(merged.outcome == .merged && merged.customer?.tags == "vip")
      #expect(merged.changedFields == ["email", "tags"])
      let told = try await shop.timeline(.externalID("c1"), size: 100).events
      let event = try #require(told.first { $0.type == "profile_merged" })
      let undone = try await shop.unmerge(event.id)
      #expect(undone.primary?.tags == "vip" && undone.secondary?.tags == tags("g", 200))
      #expect(try shop.findings() == [])
    }
  }

  @Test func aRefusedRequestMergesNothing() async throws {
    try await Shop.open { shop in
      try await guest(shop) { $0.phoneNumber = "+14155550101" }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.customProperties = Dictionary(
          uniqueKeysWithValues: (0..<100).map { ("p\($0)", .text("x")) }
        )
      }
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "c2@example.com"
      }
      try await shop.sync(.of("o1", 100)) { $0.externalID = "c2" }
      let before = try shop.image()
      let refused: [(String, () async throws -> Void)] = [
        (
          "PROPERTIES_TOO_MANY",
          {
            try await shop.upsert {
              $0.externalID = "c1"
              $0.phoneNumber = "+14155550101"
              $0.customProperties = ["one_more": .text("x")]
            }
          }
        ),
        (
          "ORDER_CUSTOMER_CHANGED",
          {
            try await shop.sync(.of("o1", 100)) { $0.phoneNumber = "+14155550101" }
          }
        ),
        (
          "IDENTIFIER_CONFLICT",
          {
            try await shop.upsert {
              $0.externalID = "c1"
              $0.email = "c2@example.com"
              $0.phoneNumber = "+14155550101"
            }
          }
        ),
      ]
      for (reason, call) in refused {
        let error = try await failure(reason) { try await call() }
        #expect((error.broken.first?.reason ?? error.reason) == reason)
        #expect(try shop.image() == before, "\(reason)")
      }
    }
  }

  @Test func oneBatchMovesALimitedNumber() async throws {
    try await Shop.open { shop in
      var guests: [Int64] = []
      for number in 0..<3 {
        guests.append(try await guest(shop) { $0.phoneNumber = "+1415555010\(number)" })
      }
      let mail = try await guest(shop) { $0.email = "e@example.com" }
      try await shop.record(of: { $0.email = "e@example.com" }) {
        $0.eventID = "e1"
        $0.source = .thirdParty
        $0.sourceName = "app"
        $0.type = "ping"
      }
      let store = try #require(StoreID(""))
      // With `profile_created` and the event itself, this is half of the maximum that may move.
      try await shop.write { transaction in
        let writer = StoreWriter(transaction, store, CustomerTerms.rules)
        let known = try writer.read.event(source: 3, sourceName: "app", eventID: "e1")
        var event = try Event(stored: known?.body ?? [])
        for _ in 0..<(MergePlan.maxRecords / 2 - 2) {
          event.id = try writer.nextID()
          event.sequence = event.id
          event.eventID = "filled\(event.id)"
          try writer.insert(try EventRow(event))
        }
      }
      func sync(_ order: String, _ number: Int) -> SyncOrderItem {
        .with {
          $0.customer = .with {
            $0.email = "e@example.com"
            $0.phoneNumber = "+1415555010\(number)"
          }
          $0.order = .of(order, 100)
        }
      }
      func sync(_ items: [SyncOrderItem]) async throws -> BatchSyncOrdersResponse {
        try await shop.timelines.batchSyncOrders(.with { $0.items = items })
      }
      let items = [sync("o2", 2), sync("o1", 1), sync("o0", 0)]
      let answer = try await sync(items)
      #expect(answer.counts?.rejected == 2)
      #expect(answer.results[0].error == nil)
      for result in answer.results.dropFirst() {
        #expect(try #require(result.error).message.contains("Send the item again"))
      }
      #expect(try await shop.customer(.id(mail)).id == guests[2])
      #expect(try await shop.customer(.id(guests[1])).id == guests[1])
      // The refused item left no trace and is accepted alone.
      for (number, item) in [1: items[1], 0: items[2]].sorted(by: { $0.key > $1.key }) {
        #expect(try await sync([item]).counts?.rejected == 0)
        #expect(try await shop.customer(.id(mail)).id == guests[number])
      }
    }
  }

  @Test func anAddressIsNoIdentifierOfTheShop() async throws {
    try await Shop.open { shop in
      let first = try await guest(shop) { $0.email = "p@example.com" }
      let second = try await guest(shop) {
        $0.externalID = "g@example.com"
        $0.email = "g@example.com"
        $0.phoneNumber = "+14155550101"
      }
      // Guests with different e-mail addresses are different people, even if they share the number.
      let order = try await shop.sync(.of("o1", 100)) {
        $0.email = "p@example.com"
        $0.phoneNumber = "+14155550101"
      }
      #expect(order.warnings.map(\.reason) == ["IDENTIFIER_KEPT"])
      #expect(try await shop.customer(.phoneNumber("+14155550101")).id == second)
      // The shop's own record shows that they are one person.
      let known = try await shop.upsert {
        $0.externalID = "77"
        $0.email = "p@example.com"
        $0.phoneNumber = "+14155550101"
      }
      #expect(known.outcome == .merged)
      #expect(known.customer?.id == first && known.customer?.externalID == "77")
      #expect(try await shop.customer(.externalID("g@example.com")).id == first)
      #expect(try await shop.customer(.id(second)).id == first)
      #expect(try shop.findings() == [])
    }
  }

  @Test func aGuestWhoGetsAnotherAddressIsNoKnownCustomer() async throws {
    try await Shop.open { shop in
      let first = try await guest(shop) {
        $0.externalID = "a@example.com"
        $0.email = "a@example.com"
        $0.phoneNumber = "+14155550101"
      }
      try await guest(shop) { $0.email = "g@example.com" }
      let known = try await shop.upsert {
        $0.externalID = "77"
        $0.email = "g@example.com"
        $0.phoneNumber = "+14155550101"
      }
      #expect(known.outcome == .merged && known.customer?.id == first)
      #expect(known.customer?.externalID == "77" && known.customer?.email == "g@example.com")
      #expect(try await shop.customer(.externalID("a@example.com")).id == first)
      #expect(try shop.findings() == [])
    }
  }

  @Test func batchesMergeToo() async throws {
    try await Shop.open { shop in
      try await guest(shop) { $0.email = "a@example.com" }
      try await guest(shop) { $0.phoneNumber = "+14155550101" }
      let answer = try await shop.customers.batchUpsertCustomers(
        .with {
          $0.customers = [
            .with {
              $0.externalID = "c1"
              $0.email = "a@example.com"
              $0.phoneNumber = "+14155550101"
            },
            .with {
              $0.externalID = "c1"
              $0.firstName = "Ada"
            },
          ]
        }
      )
      #expect(answer.results.map(\.outcome) == [.merged, .updated])
      #expect(answer.counts?.updated == 2)
      #expect(try shop.findings() == [])
    }
  }
}
