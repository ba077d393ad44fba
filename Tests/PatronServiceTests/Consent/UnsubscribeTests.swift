import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of opt-outs: they take effect at once, are recorded once, and may name an address without
/// a customer.
struct UnsubscribeTests {
  @Test func aRepeatChangesNothing() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.channels = [.sms, .email] }
      let first = try await shop.unsubscribe { $0.channels = [.sms, .email] }
      #expect(first.changes.map(\.before) == [.subscribed, .subscribed])
      #expect(first.changes.map(\.after) == [.unsubscribed, .unsubscribed])
      let before = try shop.image()
      for actor in [ActorKind.customer, .operator, .unspecified] {
        let again = try await shop.unsubscribe {
          $0.channels = [.email, .sms]
          $0.actor = actor
        }
        #expect(again.changes.isEmpty && again.customer == first.customer)
      }
      #expect(try shop.image() == before)
      let events = try await shop.consentEvents().map(\.type)
      #expect(events.suffix(2) == ["sms_unsubscribed", "email_unsubscribed"])
      #expect(events.count == 4)
    }
  }

  @Test func anOperatorsOptOutIsNotSticky() async throws {
    try await Shop.open { shop in
      try await shop.subscribe()
      try await shop.unsubscribe { $0.actor = .unspecified }
      #expect(try await shop.history().last?.actor == .operator)
      let back = try await shop.subscribe { $0.actor = .operator }
      #expect(back.customer?.subscriptions.map(\.state) == [.subscribed])
      #expect(try await shop.history().count == 3)
    }
  }

  @Test func thoseNeverAskedCanOptOut() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      // The customer has no address, but the opt-out counts.
      let answer = try await shop.unsubscribe()
      #expect(answer.changes.map(\.before) == [.neverSubscribed])
      #expect(try await shop.status().blockReasons == [.noAddress, .unsubscribed])
    }
  }

  @Test func anAddressWithoutCustomerIsSuppressed() async throws {
    try await Shop.open { shop in
      let ref = CustomerRef.Ref.email("New@Example.com")
      let answer = try await shop.unsubscribe(ref) {
        $0.channels = [.sms, .email]
        $0.evidence = .with {
          $0.source = "footer_link"
          $0.occurredAt = .at(1_700_000_000)
        }
      }
      #expect(answer.customer == nil && answer.changes.isEmpty && answer.outcome == .updated)
      #expect(answer.channels.map(\.channel) == [.email])
      #expect(answer.channels.map(\.blockReasons) == [[.suppressed, .neverSubscribed]])
      #expect(answer.warnings.map(\.reason) == ["ADDRESS_MISSING"], "SMS has another address")
      let before = try shop.image()
      let again = try await shop.unsubscribe(ref) { $0.channels = [.email] }
      #expect(again.outcome == .unchanged && again.channels == answer.channels)
      #expect(again.warnings.isEmpty)
      #expect(try shop.image() == before)
      #expect(!before.lowercased().contains("new@example.com"), "the address is not kept")
      // The customer appears, and the shop's flag cannot undo it.
      let flag = try await shop.upsert {
        $0.externalID = "n"
        $0.email = "new@example.com"
        $0.acceptsEmailMarketing = true
      }
      #expect(flag.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
      #expect(flag.customer?.acceptsEmailMarketing == true)
      let status = try await shop.status(.email, of: .externalID("n"))
      #expect(status.state == .neverSubscribed && !status.canReceive)
      #expect(status.blockReasons == [.suppressed, .neverSubscribed])
      #expect(status.suppressions.map(\.reason) == [.unsubscribed])
      #expect(status.suppressions.map(\.source) == ["footer_link"])
      #expect(status.suppressions.map(\.suppressedAt) == [.at(1_700_000_000)])
      let header = try await shop.timeline(.externalID("n")).header
      #expect(header?.channels.last?.blockReasons == [.suppressed, .neverSubscribed])
      // Other stores are not affected.
      try await shop.upsert(in: "other") { $0.email = "new@example.com" }
      let other = try await shop.get(.email("new@example.com"), in: "other", view: .full)
      #expect(other.channels.allSatisfy { $0.suppressions.isEmpty })
    }
  }

  @Test func onlyTheCustomerLiftsAnOwnOptOut() async throws {
    try await Shop.open { shop in
      let ref = CustomerRef.Ref.phoneNumber("+14155550101")
      try await shop.unsubscribe(ref)
      let before = try shop.image()
      // Without reasons, only suppressions by the shop's staff are lifted.
      #expect(try await shop.unsuppress(ref).outcome == .unchanged)
      let refused = try await violations { try await shop.unsuppress(ref, [.unsubscribed]) }
      #expect(refused.map(\.reason) == ["STICKY_OPT_OUT"])
      #expect(try shop.image() == before)
      let operators = try await failure { try await shop.subscribe { $0.actor = .operator } }
      #expect(operators.code == .failedPrecondition && operators.reason == "STICKY_OPT_OUT")
      let older = try await failure {
        try await shop.subscribe { $0.evidence?.occurredAt = .at(1_600_000_000) }
      }
      #expect(older.code == .failedPrecondition && older.reason == "CONSENT_OUTDATED")
      #expect(try shop.image() == before)
      // The same applies if the call gives the record its address.
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let known = try shop.image()
      let later = try await failure { try await shop.subscribe { $0.actor = .operator } }
      #expect(later.reason == "STICKY_OPT_OUT")
      #expect(try shop.image() == known)
      let own = try await shop.subscribe()
      #expect(own.warnings.isEmpty)
      #expect(try await shop.status().canReceive)
      // An operator can take back an operator's opt-out.
      let other = CustomerRef.Ref.phoneNumber("+14155550102")
      try await shop.unsubscribe(other) { $0.actor = .operator }
      #expect(try await shop.unsuppress(other).outcome == .updated)
    }
  }

  @Test func anAgreementByAClockThatRunsAheadIsNoNewerThanAnOptOut() async throws {
    try await Shop.open { shop in
      try await shop.subscribe {
        $0.evidence?.occurredAt = .at(GoogleProtobuf.Timestamp.now + 200)
      }
      #expect(try await shop.unsubscribe().changes.map(\.after) == [.unsubscribed])
      try await shop.subscribe()
      #expect(try await shop.status().state == .subscribed)
    }
  }

  @Test func anOptOutFromAnotherTopicEndsWithALaterAgreement() async throws {
    try await Shop.open { shop in
      func subscribe(_ actor: ActorKind, at seconds: Int64) async throws
        -> SubscribeCustomerResponse
      {
        try await shop.subscribe {
          $0.channels = [.email]
          $0.actor = actor
          $0.evidence?.occurredAt = .at(seconds)
        }
      }
      _ = try await subscribe(.customer, at: 1_700_000_000)
      try await shop.unsubscribe {
        $0.channels = [.email]
        $0.topics = [.loyalty]
        $0.evidence = .with { $0.occurredAt = .at(1_700_000_100) }
      }
      #expect(try await shop.status(.email).blockReasons == [.unsubscribed])
      let rows = try await shop.history().count
      _ = try await subscribe(.operator, at: 1_700_000_200)
      _ = try await subscribe(.customer, at: 1_700_000_100)
      #expect(try await shop.status(.email).blockReasons == [.unsubscribed])
      #expect(try await shop.history().count == rows)
      _ = try await subscribe(.customer, at: 1_700_000_200)
      #expect(try await shop.status(.email).canReceive)
      #expect(try await shop.history().count == rows + 1)
      _ = try await subscribe(.customer, at: 1_700_000_300)
      #expect(try await shop.history().count == rows + 1)
    }
  }

  @Test func whoIsNoAddressHasToExist() async throws {
    try await Shop.open { shop in
      let before = try shop.image()
      let refs: [CustomerRef.Ref] = [.id(7), .externalID("x")]
      for ref in refs {
        let error = try await failure("\(ref)") { try await shop.unsubscribe(ref) }
        #expect(error.code == .notFound && error.reason == "CUSTOMER_NOT_FOUND")
      }
      // An address without a customer does not reveal a phone number.
      let error = try await failure { try await shop.unsubscribe(.email("x@example.com")) }
      #expect(error.code == .failedPrecondition && error.reason == "ADDRESS_MISSING")
      #expect(error.metadata == ["channel": "sms"])
      #expect(try shop.image() == before)
    }
  }

  @Test func anOptOutOlderThanTheAgreementIsNoNews() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.evidence?.occurredAt = .at(1_700_000_000) }
      let before = try shop.image()
      let answer = try await shop.unsubscribe {
        $0.evidence = .with { $0.occurredAt = .at(1_600_000_000) }
      }
      #expect(answer.changes.isEmpty && answer.outcome == .unchanged)
      #expect(answer.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(answer.warnings.map(\.field) == ["evidence.occurred_at"])
      #expect(answer.channels.map(\.canReceive) == [true])
      #expect(try shop.image() == before)
    }
  }

  /// An expiry and a method do not matter to an opt-out, so invalid ones do not prevent it.
  @Test func whatSaysNothingOfAnOptOutDoesNotCostIt() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.channels = [.sms, .email] }
      let answer = try await shop.unsubscribe {
        $0.evidence = .with {
          $0.source = "page"
          $0.expiresAt = .at(1_000_000_000)
          $0.method = .init(rawValue: 99)
        }
      }
      #expect(answer.changes.map(\.after) == [.unsubscribed])
      #expect(
        answer.warnings.map { "\($0.reason) \($0.field) \($0.rule)" } == [
          "FIELD_DROPPED evidence.method ENUM_VALUE_UNKNOWN",
          "FIELD_DROPPED evidence.expires_at EXPIRES_TOO_EARLY",
        ]
      )
      let evidence = try #require(try await shop.history().last?.evidence)
      #expect(evidence.expiresAt == nil && evidence.method == .unspecified)
      #expect(evidence.source == "page")
      let plain = try await shop.unsubscribe {
        $0.channels = [.email]
        $0.evidence = .with { $0.expiresAt = .at(GoogleProtobuf.Timestamp.now + 1000) }
      }
      #expect(plain.changes.map(\.after) == [.unsubscribed] && plain.warnings.isEmpty)
    }
  }

  /// Carriers report times in whole seconds.
  @Test func anOptOutOfTheSecondOfTheAgreementCounts() async throws {
    try await Shop.open { shop in
      let form = GoogleProtobuf.Timestamp.at(1_700_000_000, nanos: 900_000_000)
      try await shop.subscribe { $0.evidence?.occurredAt = form }
      let answer = try await shop.unsubscribe {
        $0.evidence = .with { $0.occurredAt = .at(1_700_000_000) }
      }
      #expect(answer.outcome == .updated && answer.warnings.isEmpty)
      #expect(answer.channels.map(\.blockReasons) == [[.unsubscribed]])
      // A repeated delivery of the form is not newer.
      let again = try await failure {
        try await shop.subscribe { $0.evidence?.occurredAt = form }
      }
      #expect(again.reason == "CONSENT_OUTDATED")
      #expect(try await shop.consentEvents().map(\.occurredAt) == [form, form])
      let told = try await shop.timeline(.externalID("c1")).events.map(\.type)
      #expect(told.filter { $0 != "profile_created" } == ["sms_unsubscribed", "sms_subscribed"])
    }
  }
}

/// Tests of the status of an address, with and without a customer.
struct AddressStatusTests {
  private func ask(
    _ shop: Shop,
    _ ref: CustomerRef.Ref
  ) async throws -> GetAddressStatusResponse {
    try await shop.customers.getAddressStatus(.with { $0.address = .with { $0.ref = ref } })
  }

  @Test func anAddressWithoutCustomerTellsWhyItIsSuppressed() async throws {
    try await Shop.open { shop in
      let ref = CustomerRef.Ref.phoneNumber("+14155550101")
      let nothing = try await ask(shop, ref)
      #expect(nothing.customerID == 0)
      #expect(nothing.channels.map(\.blockReasons) == [[.neverSubscribed]])
      try await shop.unsubscribe(ref) {
        $0.evidence = .with { $0.occurredAt = .at(1_700_000_000) }
      }
      let stopped = try await ask(shop, ref)
      #expect(stopped.channels.map(\.channel) == [.sms])
      #expect(stopped.channels.first?.suppressions.map(\.reason) == [.unsubscribed])
      #expect(stopped.channels.first?.suppressions.map(\.suppressedAt) == [.at(1_700_000_000)])
      let id = try await shop.subscribe { $0.topics = [.marketing, .loyalty] }.customer?.id
      let known = try await ask(shop, ref)
      #expect(known.customerID == id && known.channels.map(\.topic) == [.marketing, .loyalty])
      #expect(known.channels.first?.canReceive == true)
      let wrong = try await violations { try await ask(shop, .externalID("c1")) }
      #expect(wrong == [Broken("address", "ADDRESS_EXPECTED")])
    }
  }
}

/// Tests of the pages of the ledger.
struct ConsentHistoryTests {
  @Test func pagesAndChannels() async throws {
    try await Shop.open { shop in
      for round in 0..<3 {
        let at = 1_600_000_000 + Int64(round) * 100
        try await shop.subscribe {
          $0.channels = [.sms, .email]
          $0.evidence?.occurredAt = .at(at)
        }
        try await shop.unsubscribe {
          $0.channels = [.sms, .email]
          $0.evidence = .with { $0.occurredAt = .at(at + 50) }
        }
      }
      let all = try await shop.history()
      #expect(all.count == 12)
      #expect(all.map(\.id) == all.map(\.id).sorted())
      let sms = try await shop.history(channel: .sms)
      #expect(sms == all.filter { $0.channel == .sms } && sms.count == 6)
      func page(_ channel: ContactChannel, _ size: Int32, _ token: String) async throws
        -> ListConsentHistoryResponse
      {
        try await shop.customers.listConsentHistory(
          .with {
            $0.customer = .with { $0.ref = .externalID("c1") }
            $0.channel = channel
            $0.pageSize = size
            $0.pageToken = token
          }
        )
      }
      let first = try await page(.sms, 4, "")
      #expect(first.records == Array(sms.reversed().prefix(4)))
      let second = try await page(.sms, 4, first.nextPageToken)
      #expect(second.records == Array(sms.reversed().suffix(2)) && second.nextPageToken.isEmpty)
      let exact = try await page(.sms, 6, "")
      #expect(exact.records.count == 6 && exact.nextPageToken.isEmpty)
      let other = try await violations { try await page(.email, 4, first.nextPageToken) }
      #expect(other == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      let size = try await violations { try await page(.sms, 101, "") }
      #expect(size == [Broken("page_size", "PAGE_SIZE_OUT_OF_RANGE")])
      let channel = try await violations { try await page(.init(rawValue: 3), 1, "") }
      #expect(channel == [Broken("channel", "ENUM_VALUE_UNKNOWN")])
      let error = try await failure { try await shop.history(.externalID("x")) }
      #expect(error.reason == "CUSTOMER_NOT_FOUND")
    }
  }
}
