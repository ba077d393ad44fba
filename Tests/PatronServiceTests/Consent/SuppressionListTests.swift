import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of imports and lists of a store's suppressions.
struct SuppressionListTests {
  private func list(
    _ shop: Shop,
    in storeID: String = "",
    _ adjust: (inout ListSuppressionsRequest) -> Void = { _ in }
  ) async throws -> ListSuppressionsResponse {
    var request = ListSuppressionsRequest.with { $0.storeID = storeID }
    adjust(&request)
    return try await shop.customers.listSuppressions(request)
  }

  private func take(
    _ shop: Shop,
    _ entries: [SuppressionEntry],
    _ adjust: (inout ImportSuppressionsRequest) -> Void = { _ in }
  ) async throws -> ImportSuppressionsResponse {
    var request = ImportSuppressionsRequest.with { $0.suppressions = entries }
    adjust(&request)
    return try await shop.customers.importSuppressions(request)
  }

  private func entry(
    _ address: String,
    _ reason: SuppressionReason = .unspecified,
    at seconds: Int64? = nil,
    _ adjust: (inout SuppressionEntry) -> Void = { _ in }
  ) -> SuppressionEntry {
    .with {
      $0.address = address
      $0.reason = reason
      $0.suppressedAt = seconds.map { .at($0) }
      adjust(&$0)
    }
  }

  @Test func addressesWithoutCustomersAreSuppressed() async throws {
    try await Shop.open { shop in
      let entries = [
        entry("A@Example.com", .hardBounce, at: 1_700_000_000) { $0.note = "n" },
        entry("+14155550101", .unsubscribed), entry("b@example.com"),
        entry("a@example.com", .hardBounce), entry("a@example.com", .spamComplaint),
      ]
      let dry = try await take(shop, entries) { $0.validateOnly = true }
      #expect(try await list(shop).suppressions.isEmpty)
      let answer = try await take(shop, entries) { $0.source = "old_shop" }
      #expect(dry == answer)
      #expect(
        answer.results.map(\.outcome) == [.updated, .updated, .updated, .unchanged, .updated]
      )
      #expect(answer.counts?.updated == 4 && answer.counts?.unchanged == 1)
      #expect(answer.results.allSatisfy { $0.customerID == 0 })
      #expect(try await shop.list().customers.isEmpty)
      let rows = try await list(shop).suppressions
      #expect(rows.count == 4)
      #expect(rows.allSatisfy { $0.address.isEmpty && $0.customerID == 0 })
      #expect(rows.allSatisfy { $0.addressHash.count == 32 })
      #expect(rows.allSatisfy { $0.suppression?.source == "old_shop" })
      let bounce = try #require(rows.first { $0.suppression?.reason == .hardBounce })
      #expect(bounce.suppression?.suppressedAt == .at(1_700_000_000))
      #expect(bounce.suppression?.note == "n" && bounce.suppression?.channel == .email)
      // The opt-out in person binds the next customer with the number.
      let later = try await shop.upsert {
        $0.phoneNumber = "+14155550101"
        $0.acceptsSMSMarketing = true
      }
      #expect(later.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
      let again = try await take(shop, entries) { $0.source = "old_shop" }
      #expect(again.counts?.unchanged == 4 && again.counts?.updated == 1)
    }
  }

  @Test func customersAreOptedOutAndSuppressedAsByTheCalls() async throws {
    try await Shop.open { shop in
      try await shop.subscribe {
        $0.channels = [.sms, .email]
        $0.evidence?.occurredAt = .at(1_700_000_000)
      }
      let id = try await shop.customer(.externalID("c1")).id
      let answer = try await take(
        shop,
        [
          entry("+1 415 555 0101", .unsubscribed, at: 1_700_000_100),
          entry("C1@example.com", .spamComplaint, at: 1_700_000_200),
        ]
      )
      #expect(answer.results.map(\.customerID) == [id, id])
      #expect(answer.results.map(\.outcome) == [.updated, .updated])
      let sms = try await shop.status()
      #expect(sms.state == .unsubscribed && sms.suppressions.isEmpty)
      #expect(sms.unsubscribedAt == .at(1_700_000_100))
      let email = try await shop.status(.email)
      #expect(email.state == .subscribed && email.suppressions.map(\.reason) == [.spamComplaint])
      let rows = try await shop.history()
      let optOut = try #require(rows.first { $0.action == .unsubscribe })
      #expect(optOut.actor == .customer && optOut.evidence?.method == .import)
      #expect(optOut.evidence?.source == "import")
      #expect(rows.last?.action == .suppress && rows.last?.actor == .operator)
      let told = try await shop.timeline(.externalID("c1")).events.map(\.type)
      #expect(told.contains("sms_unsubscribed") && told.contains("email_suppressed"))
      // The list names the customer with the address.
      let listed = try await list(shop).suppressions
      #expect(listed.map(\.address) == ["c1@example.com"] && listed.map(\.customerID) == [id])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anOptOutBeforeTheAgreementWarns() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.evidence?.occurredAt = .at(1_700_000_000) }
      let answer = try await take(shop, [entry("+14155550101", .unsubscribed, at: 1_600_000_000)])
      #expect(answer.results.map(\.outcome) == [.unchanged])
      #expect(answer.results.first?.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(answer.results.first?.warnings.map(\.field) == ["suppressed_at"])
    }
  }

  /// A former address of a merged customer is not the customer's current address.
  @Test func anAddressOfBeforeIsSuppressedByItself() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "new@example.com"
        $0.acceptsEmailMarketing = true
      }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "newer@example.com"
        $0.acceptsEmailMarketing = true
      }
      let answer = try await take(shop, [entry("new@example.com", .unsubscribed)])
      #expect(answer.results.map(\.customerID) == [0])
      #expect(try await shop.status(.email).state == .subscribed)
      #expect(try await list(shop).suppressions.map(\.customerID) == [0])
    }
  }

  @Test func theCountryIsThatOfTheRequestOrTheStore() async throws {
    try await Shop.open { shop in
      let national = entry("030 12345678", .manual)
      let refused = try await take(shop, [national, entry("a@example.com")])
      #expect(refused.counts?.rejected == 1 && refused.counts?.updated == 1)
      let given = try await take(shop, [national]) { $0.defaultCountry = "DE" }
      #expect(given.results.map(\.outcome) == [.updated])
      try await shop.set { $0.defaultCountry = "DE" }
      let again = try await take(shop, [national])
      #expect(again.results.map(\.outcome) == [.unchanged], "\(again)")
    }
  }

  @Test func saysWhatIsWrongWithEntries() async throws {
    try await Shop.open { shop in
      let answer = try await take(
        shop,
        [
          entry("nobody"), entry(""), entry("a@example.com") { $0.channel = .sms },
          entry("a@", .init(rawValue: 99)), entry("a@example.com", at: 100),
          entry("+14155550101") { $0.channel = .sms },
        ]
      )
      let broken = answer.results.map { $0.error?.asError.broken ?? [] }
      #expect(broken[0] == [Broken("address", "ADDRESS_EXPECTED")])
      #expect(broken[1] == [Broken("address", "ADDRESS_EXPECTED")])
      #expect(broken[2] == [Broken("channel", "CHANNEL_MISMATCH")])
      #expect(broken[3].map(\.path) == ["reason", "address"])
      #expect(broken[4].map(\.path) == ["suppressed_at"])
      #expect(broken[5].isEmpty && answer.counts?.rejected == 5)
      let none = try await violations { try await take(shop, []) }
      #expect(none == [Broken("suppressions", "BATCH_SIZE_OUT_OF_RANGE")])
      let source = try await violations { try await take(shop, [entry("x")]) { $0.source = "x" } }
      #expect(source.map(\.path) == ["source"])
    }
  }

  /// An invalid note or an unknown number does not prevent a refusal.
  @Test func nothingBesideARefusalCostsIt() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.channels = [.email] }
      let answer = try await take(
        shop,
        [
          entry("c1@example.com", .unsubscribed) { $0.note = String(repeating: "x", count: 300) },
          entry("a@example.com") { $0.note = "a\u{1}" },
          entry("b@example.com") { $0.note = String(repeating: "x", count: 255) },
          entry("+39 6 6982 1111", .unsubscribed), entry("069821111"),
        ]
      )
      #expect(
        answer.results.map { $0.warnings.map { "\($0.reason) \($0.field) \($0.rule)" } } == [
          ["FIELD_CUT note TEXT_TOO_LONG"], ["FIELD_DROPPED note TEXT_HAS_CONTROL_CHARACTER"], [],
          [], [],
        ]
      )
      #expect(answer.counts?.rejected == 1)
      #expect(
        answer.results.last?.error?.asError.broken == [Broken("address", "PHONE_COUNTRY_MISSING")]
      )
      #expect(try await shop.status(.email).state == .unsubscribed)
      let notes = try await list(shop).suppressions.map { $0.suppression?.note.count ?? 0 }
      #expect(notes.sorted() == [0, 0, 255])
      // The number has the form in which UnsubscribeCustomer finds it.
      let status = try await shop.customers.getAddressStatus(
        .with { $0.address = .with { $0.ref = .phoneNumber("+39 6 6982 1111") } }
      )
      #expect(status.channels.map { $0.suppressions.map(\.reason) } == [[.unsubscribed]])
    }
  }

  @Test func pagesNeitherLoseNorRepeatSuppressions() async throws {
    try await Shop.open { shop in
      var entries: [SuppressionEntry] = []
      for number in 0..<40 {
        entries.append(entry("c\(number)@example.com", .hardBounce))
        if number.isMultiple(of: 3) { entries.append(entry("c\(number)@example.com", .manual)) }
        if number < 20 { entries.append(entry("+141555501\(10 + number)", .manual)) }
      }
      try await shop.upsert { $0.email = "C7@Example.com" }
      _ = try await take(shop, entries)
      let all = try await list(shop) { $0.pageSize = 1000 }
      #expect(all.suppressions.count == entries.count && all.nextPageToken.isEmpty)
      let hashes = all.suppressions.filter { $0.suppression?.channel == .email }.map(\.addressHash)
      #expect(
        hashes == hashes.sorted { $0.lexicographicallyPrecedes($1) } && Set(hashes).count == 40
      )
      #expect(all.suppressions.filter { !$0.address.isEmpty }.map(\.address) == ["C7@Example.com"])
      for size in [1, 7, 40] as [Int32] {
        var paged: [AddressSuppression] = []
        var token = ""
        repeat {
          let page = try await list(shop) {
            $0.pageSize = size
            $0.pageToken = token
          }
          #expect(page.suppressions.count <= Int(size))
          paged += page.suppressions
          token = page.nextPageToken
        } while !token.isEmpty
        #expect(paged == all.suppressions)
      }
      let sms = try await list(shop) { $0.channel = .sms }
      #expect(sms.suppressions.count == 20)
      let manual = try await list(shop) {
        $0.channel = .email
        $0.reason = .manual
      }
      #expect(manual.suppressions.count == 14)
      #expect(try await list(shop, in: "other").suppressions.isEmpty)
      let first = try await list(shop) { $0.pageSize = 1 }
      let other = try await violations {
        try await list(shop) {
          $0.channel = .sms
          $0.pageToken = first.nextPageToken
        }
      }
      #expect(other == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      let size = try await violations { try await list(shop) { $0.pageSize = 1001 } }
      #expect(size == [Broken("page_size", "PAGE_SIZE_OUT_OF_RANGE")])
      let reason = try await violations { try await list(shop) { $0.reason = .init(rawValue: 77) } }
      #expect(reason == [Broken("reason", "ENUM_VALUE_UNKNOWN")])
    }
  }
}
