import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of opt-outs when addresses change. An opt-out is a person's: it stays with the record and
/// with its former address. The opt-outs of a new address apply to the customer who gets it.
struct ReaddressedOptOutTests {
  private func customer(
    _ shop: Shop,
    _ email: String,
    _ adjust: (inout CustomerInput) -> Void = { _ in }
  ) async throws -> UpsertCustomerResponse {
    try await shop.upsert {
      $0.externalID = "c1"
      $0.email = email
      adjust(&$0)
    }
  }

  private func optOut(
    _ shop: Shop,
    _ ref: CustomerRef.Ref = .externalID("c1"),
    by actor: ActorKind = .customer,
    _ topics: [Topic] = [.marketing],
    at seconds: Int64 = 1_700_000_000
  ) async throws {
    try await shop.unsubscribe(ref) {
      $0.channels = [.email]
      $0.topics = topics
      $0.actor = actor
      $0.evidence = .with { $0.occurredAt = .at(seconds) }
    }
  }

  private func mayGet(_ shop: Shop, _ topic: Topic) async throws -> Bool {
    let channels = try await shop.get(.externalID("c1"), view: .full).channels
    return channels.first { $0.channel == .email && $0.topic == topic }?.canReceive ?? true
  }

  @Test(arguments: [ActorKind.customer, .operator])
  func itStaysWithTheRecord(by actor: ActorKind) async throws {
    try await Shop.open { shop in
      _ = try await customer(shop, "ann@example.com")
      try await optOut(shop, by: actor, [.marketing, .reviewRequests])
      let before = try await shop.history()
      let answer = try await customer(shop, "new@example.com")
      #expect(answer.warnings.isEmpty, "no agreement was there to be carried")
      #expect(try await shop.history() == before)
      #expect(try await shop.status(.email).state == .unsubscribed)
      #expect(try await !mayGet(shop, .reviewRequests))
      // The former address may not receive messages either.
      let former = try await shop.upsert { $0.email = "ann@example.com" }
      let status = try await shop.status(.email, of: .id(former.customer?.id ?? 0))
      #expect(status.suppressions.map(\.reason) == [actor == .customer ? .unsubscribed : .manual])
      // A statement of the shop undoes decisions of the shop, but never those of the customer.
      let flag = try await customer(shop, "new2@example.com") { $0.acceptsEmailMarketing = true }
      #expect(flag.warnings.map(\.reason) == (actor == .customer ? ["STICKY_OPT_OUT"] : []))
      #expect(try await shop.status(.email).canReceive == (actor == .operator))
      #expect(try shop.findings() == [])
    }
  }

  @Test func theCustomersNextAgreementEndsIt() async throws {
    try await Shop.open { shop in
      _ = try await customer(shop, "ann@example.com")
      try await optOut(shop)
      _ = try await customer(shop, "new@example.com")
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.channels = [.email]
        $0.evidence?.occurredAt = .at(1_700_000_001)
      }
      #expect(try await shop.status(.email).canReceive)
      let former = try await shop.customers.getAddressStatus(
        .with { $0.address = .with { $0.ref = .email("ann@example.com") } }
      )
      #expect(former.channels.first?.suppressions.map(\.reason) == [.unsubscribed])
    }
  }

  @Test func aRequestAfterAnOptOutLeavesTheOptOut() async throws {
    try await Shop.open { shop in
      _ = try await customer(shop, "ann@example.com")
      try await optOut(shop)
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.channels = [.email]
        $0.doubleOptIn = true
      }
      #expect(try await shop.status(.email).state == .pending)
      let answer = try await customer(shop, "new@example.com") { $0.acceptsEmailMarketing = true }
      #expect(answer.warnings.map(\.reason) == ["STICKY_OPT_OUT", "CONSENT_NOT_CARRIED"])
      let row = try #require(try await shop.history().last)
      #expect(row.action == .addressChange && row.previousState == .pending)
      #expect(row.state == .unsubscribed)
      let status = try await shop.status(.email)
      #expect(status.state == .unsubscribed && status.unsubscribedAt == .at(1_700_000_000))
      #expect(try shop.findings() == [])
    }
  }

  @Test func anOptOutThatTheNewAddressKeptComesWithIt() async throws {
    try await Shop.open { shop in
      try await optOut(shop, .email("bo@example.com"))
      _ = try await customer(shop, "ann@example.com") { $0.acceptsEmailMarketing = true }
      let answer = try await customer(shop, "bo@example.com")
      #expect(answer.warnings.map(\.reason) == ["CONSENT_NOT_CARRIED", "ADDRESS_SUPPRESSED"])
      var status = try await shop.status(.email)
      #expect(status.state == .unsubscribed && !status.canReceive)
      #expect(status.unsubscribedAt == .at(1_700_000_000))
      #expect(try await shop.found(["email": ["unsubscribed"]]) == ["c1"])
      let told = try await shop.consentEvents().map(\.type)
      #expect(told == ["email_subscribed", "email_consent_reset"])
      let flag = try await customer(shop, "bo@example.com") { $0.acceptsEmailMarketing = true }
      #expect(flag.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
      // A later agreement of the owner ends both.
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.channels = [.email]
      }
      status = try await shop.status(.email)
      #expect(status.state == .subscribed && status.canReceive)
      #expect(try shop.findings() == [])
    }
  }

  @Test func aBounceOfTheNewAddressIsNoOptOut() async throws {
    try await Shop.open { shop in
      try await shop.suppress(.email("bo@example.com"), .hardBounce) { $0.channels = [.email] }
      _ = try await customer(shop, "ann@example.com") { $0.acceptsEmailMarketing = true }
      _ = try await customer(shop, "bo@example.com")
      let status = try await shop.status(.email)
      #expect(status.state == .neverSubscribed && !status.canReceive)
      #expect(status.suppressions.map(\.reason) == [.hardBounce])
    }
  }

  /// An agreement from before the change that names no address is for the former address.
  @Test func whatWasSaidOfTheFormerAddressComesLate() async throws {
    try await Shop.open { shop in
      let hour: Int64 = 3600
      let past = GoogleProtobuf.Timestamp.now - hour
      _ = try await customer(shop, "ann@example.com") { $0.acceptsEmailMarketing = true }
      _ = try await customer(shop, "new@example.com")
      let order = try await shop.sync(.of("o1", 100, at: past)) {
        $0.externalID = "c1"
        $0.acceptsEmailMarketing = true
      }
      #expect(order.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      let form = try await failure {
        try await shop.subscribe {
          $0.customer = .with { $0.externalID = "c1" }
          $0.channels = [.email]
          $0.evidence?.occurredAt = .at(past)
        }
      }
      #expect(form.reason == "CONSENT_OUTDATED")
      let event = try await shop.emit("email_subscribed", "e1", at: past)
      #expect(event.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      let file = ImportItem.with {
        $0.customer = .with { $0.externalID = "c1" }
        $0.subscriptions = [
          .with {
            $0.channel = .email
            $0.state = .subscribed
            $0.changedAt = .at(past)
          }
        ]
      }
      let imported = try await shop.import([file], policy: .overwrite)
      #expect(imported.results[0].warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(try await shop.status(.email).state == .neverSubscribed)
      // With the address beside it, the agreement is for that address. An opt-out is never too
      // late.
      try await shop.sync(.of("o2", 100, at: past)) {
        $0.externalID = "c1"
        $0.email = "new@example.com"
        $0.acceptsEmailMarketing = true
      }
      #expect(try await shop.status(.email).canReceive)
    }
    try await Shop.open { shop in
      _ = try await customer(shop, "ann@example.com") { $0.acceptsEmailMarketing = true }
      _ = try await customer(shop, "new@example.com")
      try await optOut(shop, by: .operator)
      #expect(try await shop.status(.email).state == .unsubscribed)
      #expect(try shop.findings() == [])
    }
  }

  @Test func theLedgerKnowsTheAddressByItsHash() async throws {
    try await Shop.open { shop in
      _ = try await customer(shop, "Ann@example.com") { $0.acceptsEmailMarketing = true }
      try await shop.suppress(.externalID("c1"), .policy) { $0.channels = [.email] }
      try await shop.unsuppress(.externalID("c1"), [.policy]) { $0.channels = [.email] }
      _ = try await customer(shop, "new@example.com")
      try await shop.suppress(.externalID("c1"), .policy) { $0.channels = [.email] }
      let rows = try await shop.history()
      #expect(
        rows.map(\.action) == [.subscribe, .suppress, .unsuppress, .addressChange, .suppress]
      )
      let hashes = rows.map(\.addressHash)
      #expect(hashes.allSatisfy { $0.count == 32 } && Set(hashes[..<3]).count == 1)
      #expect(hashes[3] == hashes[4] && hashes[3] != hashes[0])
      #expect(try shop.blobs("SELECT address_hash FROM suppressions") == [hashes[4]])
      #expect(rows.map(\.address) == ["Ann@example.com", "", "", "new@example.com", ""])
      let id = try await shop.customer(.externalID("c1")).id
      try await shop.delete(.id(id))
      let left = try shop.blobs(
        "SELECT body FROM consent_ledger WHERE customer_id = \(id) ORDER BY id"
      ).map { try ConsentRecord(decoding: $0) }
      #expect(left.map(\.addressHash) == hashes)
      #expect(left.allSatisfy { $0.address.isEmpty })
    }
  }
}
