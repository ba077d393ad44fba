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

/// Tests of suppressions of addresses, by reason.
struct SuppressTests {
  @Test func everyReasonIsItsOwn() async throws {
    try await Shop.open { shop in
      try await shop.subscribe()
      let first = try await shop.suppress(.externalID("c1"), .hardBounce) {
        $0.source = "mail_server"
        $0.note = "550"
        $0.suppressedAt = .at(1_700_000_000)
      }
      #expect(first.outcome == .updated)
      #expect(first.channels.map(\.blockReasons) == [[.suppressed]])
      let before = try shop.image()
      // By the address this time, and with another note.
      let again = try await shop.suppress(.phoneNumber("+14155550101"), .hardBounce) {
        $0.note = "551"
      }
      #expect(again.outcome == .unchanged && again.customer == first.customer)
      #expect(try shop.image() == before)
      try await shop.suppress(.externalID("c1"), .unspecified)
      let status = try await shop.status()
      #expect(status.suppressions.map(\.reason) == [.manual, .hardBounce])
      #expect(status.suppressions.last?.note == "550")
      #expect(status.suppressions.last?.source == "mail_server")
      #expect(status.state == .subscribed && !status.canReceive)
      let events = try await shop.consentEvents()
      #expect(events.map(\.type) == ["sms_subscribed", "sms_suppressed", "sms_suppressed"])
      #expect(
        events.suffix(2).map { $0.properties["reason"]?.kind } == [
          .stringValue("hard_bounce"), .stringValue("manual"),
        ]
      )
      let rows = try await shop.history().suffix(2)
      #expect(rows.map(\.action) == [.suppress, .suppress])
      #expect(rows.map(\.suppressionReason) == [.hardBounce, .manual])
      #expect(rows.map(\.state) == [.subscribed, .subscribed])
      #expect(rows.first?.evidence?.note == "550")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func liftingTakesOnlyWhatIsNamed() async throws {
    try await Shop.open { shop in
      try await shop.subscribe()
      for reason in [PatronProto.SuppressionReason.manual, .hardBounce, .spamComplaint] {
        try await shop.suppress(.externalID("c1"), reason)
      }
      #expect(try await shop.unsuppress().outcome == .updated)
      #expect(try await shop.status().suppressions.map(\.reason) == [.hardBounce, .spamComplaint])
      let before = try shop.image()
      #expect(try await shop.unsuppress().outcome == .unchanged)
      #expect(try shop.image() == before)
      let last = try await shop.unsuppress(.externalID("c1"), [.spamComplaint, .hardBounce]) {
        $0.note = "a new number"
      }
      #expect(last.channels.map(\.canReceive) == [true])
      #expect(try await shop.history().suffix(2).map(\.action) == [.unsuppress, .unsuppress])
      #expect(try await shop.history().last?.evidence?.note == "a new number")
      let events = try await shop.consentEvents().suffix(3)
      #expect(events.map(\.type) == Array(repeating: "sms_unsuppressed", count: 3))
      #expect(events.first?.properties["previous_reason"]?.kind == .stringValue("manual"))
    }
  }

  /// A newer agreement of the customer shows that messages are wanted. It does not repair an
  /// address.
  @Test func ownConsentLiftsWhatOnlySaidNo() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.evidence?.occurredAt = .at(1_600_000_000) }
      for reason in PatronProto.SuppressionReason.allCases where reason != .unspecified {
        try await shop.suppress(.externalID("c1"), reason) {
          $0.suppressedAt = .at(1_700_000_000)
          $0.actor = .customer
        }
      }
      func reasons() async throws -> [PatronProto.SuppressionReason] {
        try await shop.status().suppressions.map(\.reason)
      }
      let all = try await reasons()
      #expect(all.count == 9)
      // An operator's agreement, an older one, and one to another topic do not count.
      let operators = try await failure {
        try await shop.subscribe {
          $0.actor = .operator
          $0.evidence?.occurredAt = .at(1_700_000_100)
        }
      }
      #expect(operators.reason == "STICKY_OPT_OUT")
      let older = try await failure {
        try await shop.subscribe { $0.evidence?.occurredAt = .at(1_700_000_000) }
      }
      #expect(older.reason == "CONSENT_OUTDATED")
      try await shop.subscribe {
        $0.topics = [.reviewRequests]
        $0.evidence?.occurredAt = .at(1_700_000_100)
      }
      #expect(try await reasons() == all)
      let own = try await shop.subscribe { $0.evidence?.occurredAt = .at(1_700_000_001) }
      #expect(own.outcome == .updated && own.changes.isEmpty)
      #expect(own.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
      let lifted: Set<PatronProto.SuppressionReason> = [
        .manual, .spamComplaint, .erasure, .unsubscribed,
      ]
      #expect(try await reasons() == all.filter { !lifted.contains($0) })
      let rows = try await shop.history().suffix(4)
      #expect(rows.allSatisfy { $0.action == .unsuppress && $0.actor == .customer })
      // Both topics have the same address, so there is one warning.
      let both = try await shop.subscribe {
        $0.topics = [.marketing, .reviewRequests]
        $0.evidence?.occurredAt = .at(1_700_000_200)
      }
      #expect(both.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
    }
  }

  /// A caller that cannot lift a suppression cannot set it by mistake either.
  @Test func onlyTheCustomerSetsWhatOnlyTheCustomerLifts() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550101"
      }
      let before = try shop.image()
      for reason in [PatronProto.SuppressionReason.unsubscribed, .erasure] {
        for actor in [ActorKind.unspecified, .operator, .platform, .system] {
          let set = try await violations {
            try await shop.suppress(.externalID("c1"), reason) { $0.actor = actor }
          }
          #expect(set == [Broken("reason", "REASON_IS_THE_OWNERS")])
          let lifted = try await violations {
            try await shop.unsuppress(.externalID("c1"), [reason]) { $0.actor = actor }
          }
          #expect(lifted == [Broken("reasons", "STICKY_OPT_OUT")])
        }
      }
      #expect(try shop.image() == before)
      for reason in [PatronProto.SuppressionReason.unsubscribed, .erasure] {
        try await shop.suppress(.externalID("c1"), reason) { $0.actor = .customer }
        #expect(try await shop.status().suppressions.map(\.reason) == [reason])
        try await shop.unsuppress(.externalID("c1"), [reason]) { $0.actor = .customer }
      }
    }
  }

  @Test func anAgreementForASuppressedAddressIsToldOf() async throws {
    try await Shop.open { shop in
      try await shop.suppress(.phoneNumber("+14155550101"), .hardBounce)
      let flag = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550101"
        $0.acceptsSMSMarketing = true
      }
      #expect(flag.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
      #expect(flag.warnings.map(\.field) == ["customer.accepts_sms_marketing"])
      #expect(flag.customer?.subscriptions.map(\.state) == [.subscribed])
      let own = try await shop.subscribe { $0.customer = .with { $0.externalID = "c1" } }
      #expect(own.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
      #expect(own.warnings.map(\.field) == ["customer.phone_number"])
    }
  }

  @Test func anAddressBeforeItsCustomer() async throws {
    try await Shop.open { shop in
      let ref = CustomerRef.Ref.phoneNumber("+14155550177")
      let first = try await shop.suppress(ref, .carrierBlock)
      #expect(first.customer == nil && first.outcome == .updated)
      #expect(first.channels.map { $0.suppressions.map(\.reason) } == [[.carrierBlock]])
      #expect(first.channels.map(\.blockReasons) == [[.suppressed, .neverSubscribed]])
      #expect(try await shop.suppress(ref, .carrierBlock).outcome == .unchanged)
      try await shop.subscribe { $0.customer?.phoneNumber = "+14155550177" }
      #expect(try await shop.status().blockReasons == [.suppressed])
      // The suppression stays with the address after the customer gives it up.
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550178"
        $0.acceptsSMSMarketing = true
      }
      #expect(try await shop.status().canReceive)
      let lifted = try await shop.unsuppress(ref, [.carrierBlock])
      #expect(lifted.customer == nil && lifted.outcome == .updated)
      #expect(try await shop.unsuppress(ref, [.carrierBlock]).outcome == .unchanged)
      #expect(try shop.rows("SELECT count(*) FROM suppressions", columns: 1) == [["0"]])
    }
  }

  @Test func channelsNeedTheirAddress() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let before = try shop.image()
      let refs: [CustomerRef.Ref] = [.externalID("c1"), .email("x@example.com")]
      for ref in refs {
        let error = try await failure {
          try await shop.suppress(ref) { $0.channels = [.email, .sms] }
        }
        #expect(error.code == .failedPrecondition && error.reason == "ADDRESS_MISSING")
        #expect(error.metadata["channel"] == "sms")
      }
      let unknown = try await failure { try await shop.suppress(.externalID("x")) }
      #expect(unknown.reason == "CUSTOMER_NOT_FOUND")
      let broken = try await violations {
        try await shop.suppress(.externalID("c1")) {
          $0.channels = []
          $0.reason = .init(rawValue: 10)
          $0.suppressedAt = .at(GoogleProtobuf.Timestamp.now + 1000)
        }
      }
      #expect(Set(broken.map(\.path)) == ["channels", "reason", "suppressed_at"])
      #expect(try shop.image() == before)
      let cut = try await shop.suppress(.email("x@example.com")) {
        $0.channels = [.email]
        $0.source = String(repeating: "x", count: 41)
        $0.note = "a\u{7}b"
      }
      #expect(cut.outcome == .updated)
      #expect(cut.warnings.map(\.reason) == ["FIELD_CUT", "FIELD_DROPPED"])
      #expect(cut.warnings.map(\.field) == ["source", "note"])
      try await shop.suppress(.externalID("c1")) {
        $0.channels = [.email]
        $0.source = String(repeating: "x", count: 40)
        $0.note = String(repeating: "x", count: 255)
      }
    }
  }

  @Test func readersOfTheStoreSeeReasons() async throws {
    try await Shop.open { shop in
      try await shop.suppress(.email("A@Example.com"), .softBounce) { $0.channels = [.email] }
      try await shop.write { transaction in
        let store = try #require(StoreID(""))
        let reader = SuppressionReader(StoreWriter(transaction, store, CustomerTerms.rules).read)
        #expect(try reader.reasons(.email, "a@example.com") == [.softBounce])
        #expect(try reader.reasons(.sms, "a@example.com") == [])
        #expect(try reader.reasons(.email, "b@example.com") == [])
      }
      // Another database has another key, so hashes are of no use outside.
      let hash = try shop.blobs("SELECT address_hash FROM suppressions")
      #expect(hash.map(\.count) == [32])
      try await Shop.open { other in
        try await other.suppress(.email("a@example.com"), .softBounce) { $0.channels = [.email] }
        #expect(try other.blobs("SELECT address_hash FROM suppressions") != hash)
      }
    }
  }
}
