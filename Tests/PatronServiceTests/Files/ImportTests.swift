import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of ImportCustomers: fields, policies, ledger and dry runs.
struct ImportTests {
  private func ledger(_ shop: Shop) throws -> [ConsentRecord] {
    try shop.blobs("SELECT body FROM consent_ledger ORDER BY id").map {
      try ConsentRecord(decoding: $0)
    }
  }

  @Test func newCustomersAreAsGiven() async throws {
    try await Shop.open { shop in
      let answer = try await shop.import([
        .of("a", sms: .subscribed, at: 1_700_000_000),
        .of("b", sms: .unsubscribed, at: 1_600_000_000),
        .of("c", sms: .pending, at: 1_650_000_000), .of("d", sms: .neverSubscribed), .of("e"),
      ])
      #expect(answer.results.map(\.outcome) == Array(repeating: .created, count: 5))
      #expect(answer.counts?.created == 5)
      let states = try await ["a", "b", "c", "d", "e"].asyncMap {
        try await shop.customer(.externalID($0)).smsState
      }
      #expect(states == [.subscribed, .unsubscribed, .pending, .unspecified, .unspecified])
      let customer = try await shop.customer(.externalID("a"))
      #expect(customer.origin == .import)
      #expect(customer.subscriptions[0].source == "import")
      #expect(customer.subscriptions[0].subscribedAt == .at(1_700_000_000))
      let rows = try ledger(shop)
      #expect(rows.map(\.state) == [.subscribed, .unsubscribed, .pending])
      #expect(rows.allSatisfy { $0.action == .import && $0.evidence?.method == .import })
      #expect(customer.subscriptions[0].ledgerID == rows[0].id)
    }
  }

  @Test func keepNeverSubscribesWhoIsKnown() async throws {
    try await Shop.open { shop in
      try await shop.import([
        .of("never"), .of("out", sms: .unsubscribed, at: 1_500_000_000, by: .operator),
        .of("pending", sms: .pending, at: 1_500_000_000),
        .of("in", sms: .subscribed, at: 1_500_000_000),
      ])
      let rows = try ledger(shop).count
      let answer = try await shop.import(
        ["never", "out", "pending", "in"].map { .of($0, sms: .subscribed, at: 1_700_000_000) },
        policy: .keep
      )
      #expect(answer.results.map(\.outcome) == Array(repeating: .unchanged, count: 4))
      #expect(
        answer.results.map { $0.warnings.map(\.reason) }
          == [["CONSENT_KEPT"], ["CONSENT_KEPT"], ["CONSENT_KEPT"], []]
      )
      // A flag does not resubscribe either.
      try await shop.import([.of("out") { $0.acceptsSMSMarketing = true }])
      let out = try await shop.customer(.externalID("out"))
      #expect(out.smsState == .unsubscribed && out.acceptsSMSMarketing == true)
      #expect(try ledger(shop).count == rows)
    }
  }

  @Test func keepTakesOptOutsUnlessOlder() async throws {
    try await Shop.open { shop in
      try await shop.import([
        .of("a", sms: .subscribed, at: 1_600_000_000, by: .customer),
        .of("b", sms: .subscribed, at: 1_600_000_000, by: .customer), .of("c"),
      ])
      let answer = try await shop.import([
        .of("a", sms: .unsubscribed, at: 1_600_000_001),
        .of("b", sms: .unsubscribed, at: 1_599_999_999), .of("c", sms: .unsubscribed),
      ])
      #expect(answer.results.map(\.outcome) == [.updated, .unchanged, .updated])
      #expect(answer.results[1].warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(try await shop.customer(.externalID("a")).smsState == .unsubscribed)
      #expect(try await shop.customer(.externalID("b")).smsState == .subscribed)
      #expect(try await shop.customer(.externalID("c")).smsState == .unsubscribed)
      // The author of the opt-out is not given. It counts as the customer's own, which a flag
      // cannot undo.
      let flag = try await shop.upsert {
        $0.externalID = "c"
        $0.acceptsSMSMarketing = true
      }
      #expect(flag.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
    }
  }

  @Test func overwriteNeedsALaterDateOverAnOptOut() async throws {
    try await Shop.open { shop in
      let names = ["later", "same", "undated", "pending"]
      try await shop.import(
        names.map { .of($0, sms: .unsubscribed, at: 1_600_000_000, by: .customer) }
      )
      let answer = try await shop.import(
        [
          .of("later", sms: .subscribed, at: 1_600_000_001),
          .of("same", sms: .subscribed, at: 1_600_000_000), .of("undated", sms: .subscribed),
          .of("pending", sms: .pending, at: 1_599_999_999),
        ],
        policy: .overwrite
      )
      #expect(answer.results.map(\.outcome) == [.updated, .unchanged, .unchanged, .unchanged])
      #expect(
        answer.results.map { $0.warnings.map(\.reason) }
          == [[], ["CONSENT_OUTDATED"], ["CONSENT_OUTDATED"], ["CONSENT_OUTDATED"]]
      )
      #expect(try await shop.customer(.externalID("later")).smsState == .subscribed)
      // Any other state is imported as given.
      try await shop.import(
        [.of("later", sms: .unsubscribed, at: 1_500_000_000, by: .operator)],
        policy: .overwrite
      )
      #expect(try await shop.customer(.externalID("later")).smsState == .unsubscribed)
    }
  }

  @Test func anOptOutInPersonTakesThePlaceOfAnothers() async throws {
    try await Shop.open { shop in
      try await shop.import([.of("a", sms: .unsubscribed, at: 1_600_000_000, by: .operator)])
      // The customer's own statement may be the older one.
      let item = ImportItem.of("a", sms: .unsubscribed, at: 1_500_000_000, by: .customer)
      #expect(try await shop.import([item], policy: .keep).results.map(\.outcome) == [.updated])
      let own = try #require(try await shop.customer(.externalID("a")).subscriptions.first)
      #expect(own.changedBy == .customer && own.unsubscribedAt == .at(1_600_000_000))
      #expect(try await shop.import([item], policy: .keep).results.map(\.outcome) == [.unchanged])
      let flag = try await shop.upsert {
        $0.externalID = "a"
        $0.acceptsSMSMarketing = true
      }
      #expect(flag.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
    }
  }

  /// Imports an old backup into a live store.
  @Test(arguments: [1_500_000_000, 1_700_000_000] as [Int64])
  func anOptOutInPersonStaysOne(_ seconds: Int64) async throws {
    try await Shop.open { shop in
      try await shop.import([
        .of("a", sms: .unsubscribed, at: 1_600_000_000, by: .customer),
        .of("b", sms: .unsubscribed, at: 1_600_000_000, by: .customer),
      ])
      let before = try shop.image()
      let others = try await shop.import(
        [.of("a", sms: .unsubscribed, at: seconds, by: .operator)],
        policy: .overwrite
      )
      #expect(others.results.map(\.outcome) == [.unchanged])
      #expect(try shop.image() == before)
      // The time does not become an earlier time either.
      try await shop.import(
        [.of("b", sms: .unsubscribed, at: seconds, by: .customer)],
        policy: .overwrite
      )
      let own = try await shop.customer(.externalID("b")).subscriptions.first
      #expect(own?.unsubscribedAt == .at(max(seconds, 1_600_000_000)))
    }
  }

  @Test func aFalseFlagIsAnOptOutBesideWhatSaysNothing() async throws {
    try await Shop.open { shop in
      func live(_ id: String) async throws {
        try await shop.import(
          [.of(id, sms: .subscribed, at: 1_600_000_000, by: .customer)],
          policy: .keep
        )
      }
      func row(
        _ id: String,
        _ state: ConsentState,
        _ flag: Bool
      ) -> ImportItem {
        .of(id, sms: state, at: state == .neverSubscribed ? nil : 1_600_000_000, by: .customer) {
          $0.acceptsSMSMarketing = flag
        }
      }
      for policy in [ConsentPolicy.keep, .overwrite] {
        let id = "never-\(policy.rawValue)"
        try await live(id)
        try await shop.import([row(id, .neverSubscribed, false)], policy: policy)
        #expect(try await shop.customer(.externalID(id)).smsState == .unsubscribed)
      }
      // The flag of an exported file was edited.
      try await live("keep")
      let kept = try await shop.import([row("keep", .subscribed, false)], policy: .keep)
      #expect(kept.results[0].outcome == .updated && kept.results[0].warnings.isEmpty)
      #expect(try await shop.customer(.externalID("keep")).smsState == .unsubscribed)
      try await live("over")
      let over = try await shop.import([row("over", .subscribed, false)], policy: .overwrite)
      #expect(over.results[0].warnings.map(\.reason) == ["FLAG_OVERRULED"])
      #expect(try await shop.customer(.externalID("over")).smsState == .subscribed)
      // A flag that was false before changes nothing.
      let again = try await shop.import([row("over", .subscribed, false)], policy: .keep)
      #expect(again.results[0].outcome == .unchanged && again.results[0].warnings.isEmpty)
      #expect(try await shop.customer(.externalID("over")).smsState == .subscribed)
      let new = try await shop.import([row("new", .subscribed, false)], policy: .keep)
      #expect(new.results[0].warnings.isEmpty)
      #expect(try await shop.customer(.externalID("new")).smsState == .subscribed)
    }
  }

  @Test func aBareFlagIsConfirmedAsElsewhere() async throws {
    try await Shop.open { shop in
      try await shop.set { $0.emailDoubleOptIn = true }
      try await shop.import([.of("a") { $0.acceptsEmailMarketing = true }])
      #expect(try await shop.status(.email, of: .externalID("a")).state == .pending)
    }
  }

  @Test func aBareFlagThatThePolicyKeepsIsToldOf() async throws {
    try await Shop.open { shop in
      try await shop.import([
        .of("never"), .of("out", sms: .unsubscribed, at: 1_600_000_000, by: .customer),
        .of("in", sms: .subscribed, at: 1_600_000_000),
      ])
      let answer = try await shop.import(
        ["never", "out", "in"].map { .of($0) { $0.acceptsSMSMarketing = true } },
        policy: .keep
      )
      #expect(
        answer.results.map { $0.warnings.map(\.reason) }
          == [["CONSENT_KEPT"], ["STICKY_OPT_OUT"], []]
      )
      #expect(answer.results[0].warnings.map(\.field) == ["customer.accepts_sms_marketing"])
    }
  }

  @Test func whoTellsWhoSaidItTellsWhere() async throws {
    try await Shop.open { shop in
      try await shop.import([
        .of("told", sms: .unsubscribed, at: 1_600_000_000, by: .customer),
        .of("bare", sms: .unsubscribed, at: 1_600_000_000),
      ])
      let sources = try await ["told", "bare"].asyncMap {
        try await shop.customer(.externalID($0)).subscriptions.map(\.source)
      }
      #expect(sources == [[""], ["import"]])
      #expect(try ledger(shop).map { $0.evidence?.source } == ["import", "import"])
    }
  }

  @Test func theSameAgainChangesNothing() async throws {
    try await Shop.open { shop in
      let items: [ImportItem] = [
        .of("a", sms: .subscribed), .of("b", sms: .unsubscribed),
        .of("c", sms: .subscribed, at: 1_700_000_000) { $0.acceptsSMSMarketing = true },
        .of("d") { $0.acceptsEmailMarketing = true },
      ]
      for policy in [ConsentPolicy.keep, .overwrite] {
        try await shop.import(items, policy: policy)
        let before = try shop.image()
        let again = try await shop.import(items, policy: policy)
        #expect(again.results.map(\.outcome) == Array(repeating: .unchanged, count: 4))
        #expect(again.results.allSatisfy { $0.warnings.isEmpty })
        #expect(try shop.image() == before)
      }
      // Changes by a flag have the method IMPORT too.
      #expect(
        try ledger(shop).allSatisfy { $0.evidence?.method == .import && $0.action == .import }
      )
    }
  }

  @Test func aDryRunWritesNothing() async throws {
    try await Shop.open { shop in
      try await shop.import([.of("a")])
      let before = try shop.image()
      let answer = try await shop.import([
        .of("a", sms: .unsubscribed), .of("b", sms: .subscribed), .of("c") { $0.email = "no" },
      ]) { $0.validateOnly = true }
      #expect(answer.results.map(\.outcome) == [.updated, .created, .unspecified])
      #expect(answer.counts?.rejected == 1)
      #expect(try shop.image() == before)
    }
  }

  @Test func aDryRunSeesTheRowsBefore() async throws {
    try await Shop.open { shop in
      try await shop.import([.of("old") { $0.tags = "vip" }])
      func of(_ id: String, _ email: String, _ tags: String? = nil) -> ImportItem {
        .of(id) {
          $0.email = email
          $0.tags = tags
        }
      }
      let items = [
        of("1", "a@example.com", "new"), of("2", "a@example.com"), of("3", "c@example.com", "new"),
        of("3", "c2@example.com"), of("3", "c2@example.com"), of("old", "old@example.com", "x"),
      ]
      let before = try shop.image()
      let dry = try await shop.import(items) { $0.validateOnly = true }
      #expect(try shop.image() == before)
      #expect(
        dry.results.map(\.outcome) == [
          .created, .unspecified, .created, .updated, .unchanged, .updated,
        ]
      )
      let mismatch = try #require(dry.results[1].error?.asError)
      #expect(mismatch.code == .failedPrecondition && mismatch.reason == "IDENTIFIER_MISMATCH")
      #expect(
        mismatch.metadata == [
          "field": "email", "row": "2", "customer_id": "0", "other_row": "1",
        ]
      )
      #expect(
        dry.results.map { $0.warnings.map(\.reason) }
          == [[], [], [], ["DUPLICATE_ROW"], ["DUPLICATE_ROW"], []]
      )
      let old = try await shop.customer(.externalID("old")).id
      #expect(dry.results.map(\.customerID) == [0, 0, 0, 0, 0, old])
      // The dry run does not disturb later writes, and terms that it created are created again.
      let done = try await shop.import(items)
      #expect(done.results.map(\.outcome) == dry.results.map(\.outcome))
      #expect(done.results.map(\.warnings) == dry.results.map(\.warnings))
      #expect(try await shop.found(["tags": ["new"]]) == ["1", "3"])
      #expect(try await shop.count(by: ["tags"]).facets("tags") == ["new": 2, "x": 1])
      #expect(try await shop.search("c2@ex") == ["3"])
    }
  }

  @Test func takesEmailAndPhoneWithoutExternalID() async throws {
    try await Shop.open { shop in
      let item = ImportItem.with {
        $0.customer = .with {
          $0.email = "guest@example.com"
          $0.phoneNumber = "(202) 555-0143"
        }
      }
      let answer = try await shop.import([item]) { $0.defaultCountry = "US" }
      #expect(answer.results[0].outcome == .created)
      #expect(try await shop.customer(.phoneNumber("+12025550143")).email == "guest@example.com")
    }
  }

  @Test func rejectsItemsOneByOne() async throws {
    try await Shop.open { shop in
      func subscription(_ adjust: (inout Subscription) -> Void) -> ImportItem {
        var item = ImportItem.of("x", sms: .subscribed)
        adjust(&item.subscriptions[0])
        return item
      }
      let now = GoogleProtobuf.Timestamp.now
      var twice = ImportItem.of("x", sms: .subscribed)
      twice.subscriptions.append(twice.subscriptions[0])
      let answer = try await shop.import([
        subscription { $0.channel = .unspecified }, subscription { $0.state = .unspecified },
        subscription { $0.source = "ab" }, subscription { $0.changedAt = .at(now + 400) },
        subscription { $0.changedAt = .at(-1) }, twice, .with { $0.customer = .init() },
        subscription { $0.source = "abc" }, subscription { $0.changedAt = .at(now + 200) },
      ]) { $0.invalidFields = .reject }
      let broken = answer.results.map { $0.error?.asError.broken.map(\.description) ?? [] }
      #expect(
        broken == [
          ["subscriptions[0].channel ENUM_VALUE_UNKNOWN"],
          ["subscriptions[0].state ENUM_VALUE_UNKNOWN"],
          ["subscriptions[0].source CONSENT_SOURCE_LENGTH"],
          ["subscriptions[0].changed_at CONSENT_TIME_OUT_OF_RANGE"],
          ["subscriptions[0].changed_at CONSENT_TIME_OUT_OF_RANGE"],
          ["subscriptions[1] SUBSCRIPTION_REPEATED"], ["customer IDENTITY_MISSING"], [], [],
        ]
      )
      #expect(answer.counts?.rejected == 7 && answer.counts?.created == 1)
    }
  }

  @Test func checksTheRequest() async throws {
    try await Shop.open { shop in
      #expect(
        try await violations { try await shop.import([]) }
          == [Broken("items", "BATCH_SIZE_OUT_OF_RANGE")]
      )
      #expect(
        try await violations { try await shop.import((0...1000).map { .of("c\($0)") }) }
          == [Broken("items", "BATCH_SIZE_OUT_OF_RANGE")]
      )
      #expect(try await shop.import((0..<1000).map { .of("c\($0)") }).counts?.created == 1000)
      let broken = try await violations {
        try await shop.import([.of("a")]) {
          $0.source = "ab"
          $0.defaultCountry = "USA"
          $0.consentPolicy = ConsentPolicy(rawValue: 3)
        }
      }
      #expect(
        Set(broken.map(\.path)) == ["source", "default_country", "consent_policy"]
      )
    }
  }
}

extension Array {
  /// Returns the results of an asynchronous body, in order.
  func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await body(element)) }
    return results
  }
}
