import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of suppressions in ImportCustomers: they are added and never lifted.
struct ImportSuppressionTests {
  private func item(
    _ suppressions: [Suppression],
    _ adjust: (inout CustomerInput) -> Void = { _ in }
  ) -> ImportItem {
    var item = ImportItem.of("c1") {
      $0.phoneNumber = "+14155550101"
      adjust(&$0)
    }
    item.suppressions = suppressions
    return item
  }

  private func suppression(
    _ channel: ContactChannel,
    _ reason: SuppressionReason,
    _ adjust: (inout Suppression) -> Void = { _ in }
  ) -> Suppression {
    .with {
      $0.channel = channel
      $0.reason = reason
      $0.suppressedAt = .at(1_700_000_000, nanos: 123_000)
      adjust(&$0)
    }
  }

  @Test(arguments: [ConsentPolicy.keep, .overwrite])
  func takesThemAsTheyWere(_ policy: ConsentPolicy) async throws {
    try await Shop.open { shop in
      let given = [
        suppression(.sms, .manual),
        suppression(.sms, .carrierBlock) {
          $0.source = "carrier"
          $0.note = "=blocked"
        }, suppression(.email, .hardBounce),
      ]
      var new = item(given)
      new.subscriptions = [
        .with {
          $0.channel = .sms
          $0.state = .subscribed
          $0.changedAt = .at(1_600_000_000)
        }
      ]
      let answer = try await shop.import([new], policy: policy)
      #expect(answer.results.map(\.outcome) == [.created] && answer.results[0].warnings.isEmpty)
      let sms = try await shop.status()
      #expect(sms.suppressions == given.filter { $0.channel == .sms })
      #expect(sms.state == .subscribed && sms.blockReasons == [.suppressed])
      #expect(try await shop.status(.email).suppressions == [given[2]])
      // A filter finds them, the ledger and the timeline report them, and the record is consistent.
      #expect(try await shop.listed(.of(["sms": ["suppressed"]])).count == 1)
      let rows = try await shop.history().filter { $0.action == .suppress }
      #expect(rows.map(\.suppressionReason) == [.manual, .carrierBlock, .hardBounce])
      #expect(rows.allSatisfy { $0.evidence?.method == .import && $0.actor == .operator })
      #expect(rows[1].evidence?.note == "=blocked" && rows[1].evidence?.source == "carrier")
      #expect(rows.map(\.state) == [.subscribed, .subscribed, .neverSubscribed])
      let events = try await shop.consentEvents()
      #expect(
        events.map(\.type) == [
          "sms_subscribed", "sms_suppressed", "sms_suppressed", "email_suppressed",
        ]
      )
      #expect(events[1].occurredAt == given[0].suppressedAt)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      let image = try shop.image()
      for again in [ConsentPolicy.keep, .overwrite] {
        #expect(try await shop.import([new], policy: again).results[0].outcome == .unchanged)
      }
      #expect(try shop.image() == image)
    }
  }

  /// A file without suppressions, or with others, does not change the stored suppressions.
  @Test(arguments: [ConsentPolicy.keep, .overwrite])
  func liftsAndChangesNone(_ policy: ConsentPolicy) async throws {
    try await Shop.open { shop in
      // One suppression is stored before its customer.
      try await shop.suppress(.email("c1@example.com"), .spamComplaint) { $0.channels = [.email] }
      try await shop.import([item([suppression(.sms, .manual) { $0.note = "first" }])])
      let stored = try await shop.status().suppressions
      var subscribed = item([suppression(.sms, .manual) { $0.note = "second" }])
      subscribed.subscriptions = [ContactChannel.sms, .email].map { channel in
        .with {
          $0.channel = channel
          $0.state = .subscribed
          $0.changedAt = .at(1_750_000_000)
          $0.changedBy = .customer
        }
      }
      try await shop.import([subscribed], policy: policy)
      #expect(try await shop.status().suppressions == stored)
      #expect(try await shop.status(.email).suppressions.map(\.reason) == [.spamComplaint])
      #expect(try await shop.status().canReceive == false)
      let more = try await shop.import([item([suppression(.sms, .policy)])], policy: policy)
      #expect(more.results.map(\.outcome) == [.updated])
      #expect(try await shop.status().suppressions.map(\.reason) == [.manual, .policy])
      // A change of consent alone is reported only by its own events.
      let types = try await shop.timeline(.externalID("c1")).events.map(\.type)
      #expect(!types.contains("profile_updated"))
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func addressesOfTheItemCount() async throws {
    try await Shop.open { shop in
      var bare = ImportItem.of("c1")
      bare.suppressions = [suppression(.sms, .manual)]
      let refused = try await shop.import([bare, .of("c2")])
      let error = refused.results[0].error?.asError
      #expect(error?.code == .failedPrecondition && error?.reason == "ADDRESS_MISSING")
      #expect(error?.metadata["channel"] == "sms")
      #expect(refused.counts?.rejected == 1 && refused.counts?.created == 1)
      // A dry run gives the same answer, and neither writes.
      let dry = try await shop.import([bare]) { $0.validateOnly = true }
      #expect(dry.results[0].error?.asError.reason == "ADDRESS_MISSING")
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["1"]])
      // The address may be stored already.
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550101"
      }
      #expect(try await shop.import([bare]).results[0].outcome == .updated)
      #expect(try await shop.status().suppressions.map(\.reason) == [.manual])
      // The filter also finds a known customer.
      #expect(try await shop.listed(.of(["sms": ["suppressed"]])) == ["c1"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
      // An item that removes the address cannot suppress it.
      let cleared = try await shop.import([
        item([suppression(.sms, .policy)]) { $0.phoneNumber = "" }
      ])
      #expect(cleared.results[0].error?.asError.reason == "ADDRESS_MISSING")
    }
  }

  @Test func checksEach() async throws {
    try await Shop.open { shop in
      let now = GoogleProtobuf.Timestamp.now
      func broken(_ adjust: (inout Suppression) -> Void) -> ImportItem {
        item([suppression(.sms, .manual, adjust)])
      }
      let answer = try await shop.import([
        broken { $0.channel = .unspecified }, broken { $0.reason = .init(rawValue: 10) },
        broken { $0.suppressedAt = .at(now + 400) }, broken { $0.suppressedAt = .at(0) },
        broken { $0.source = String(repeating: "x", count: 41) },
        broken { $0.note = String(repeating: "x", count: 256) },
        item([suppression(.sms, .manual), suppression(.sms, .unspecified)]),
        broken {
          $0.suppressedAt = .at(now + 200)
          $0.source = String(repeating: "x", count: 40)
          $0.note = String(repeating: "x", count: 255)
        },
      ]) { $0.invalidFields = .reject }
      let found = answer.results.map { $0.error?.asError.broken.map(\.path) ?? [] }
      #expect(
        found == [
          ["suppressions[0].channel"], ["suppressions[0].reason"],
          ["suppressions[0].suppressed_at"], ["suppressions[0].suppressed_at"],
          ["suppressions[0].source"], ["suppressions[0].note"], ["suppressions[1]"], [],
        ]
      )
      #expect(answer.counts?.rejected == 7 && answer.counts?.created == 1)
      // Without a time the suppression gets the time of the import.
      let undated = item([suppression(.email, .manual) { $0.suppressedAt = nil }])
      try await shop.import([undated])
      let at = try await shop.status(.email).suppressions.first?.suppressedAt?.seconds ?? 0
      #expect((now...now + 120).contains(at))
    }
  }

  /// Imported states are reported as the action that leads to them.
  @Test func importedStatesAreToldAsWhatTheyAre() async throws {
    try await Shop.open { shop in
      for (state, type) in [
        (ConsentState.subscribed, "sms_subscribed"), (.unsubscribed, "sms_unsubscribed"),
        (.pending, "sms_opt_in_requested"),
      ] {
        try await shop.import([.of("\(type)", sms: state, at: 1_600_000_000, by: .customer)])
        let events = try await shop.consentEvents(.externalID(type))
        #expect(events.map(\.type) == [type] && events.map(\.actor) == [.customer])
        #expect(events.first?.properties["source"]?.kind == .stringValue("import"))
        #expect(events.first?.properties["expires_at"] == nil)
      }
    }
  }
}
