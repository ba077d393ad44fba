import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests that messages and reasons, which may be logged, hold no personal data.
struct PersonalDataTests {
  private static let canaries = ["kanarie", "5557391", "canarina"]

  private func check(_ error: RPCError, _ what: String) {
    var texts = [error.message, "\(error)"]
    for info in error.details(GoogleRPC.ErrorInfo.self) {
      texts += [info.reason, info.domain] + info.metadata.map { "\($0.key) \($0.value)" }
    }
    for text in texts {
      let isClean = !Self.canaries.contains { text.lowercased().contains($0) }
      #expect(isClean, "\(what): \(text)")
    }
  }

  private typealias Calls = [(what: String, call: () async throws -> Void)]

  private static func owner(_ input: inout CustomerInput) {
    input.externalID = "kanarie-7"
    input.email = "kanarie@example.com"
    input.phoneNumber = "+14155557391"
    input.firstName = "Canarina"
  }

  private func fill(_ shop: Shop) async throws {
    try await shop.upsert(Self.owner)
    try await shop.record(of: Self.owner, RecordEventTests.quiz("kanarie-event"))
    try await shop.sync(.of("kanarie-order", 100), of: Self.owner)
    try await shop.upsert { $0.email = "kanarie2@example.com" }
    try await shop.upsert { $0.phoneNumber = "+14155573911" }
  }

  private func upserts(_ shop: Shop) -> Calls {
    func upsert(_ what: String, _ input: @escaping (inout CustomerInput) -> Void) -> Calls.Element {
      (what, { try await shop.upsert(input) })
    }
    return [
      upsert("conflict") {
        $0.externalID = "kanarie-8"
        $0.email = "kanarie@example.com"
      },
      (
        "merge",
        {
          try await shop.merge(
            .email("kanarie2@example.com"),
            .phoneNumber("+14155573912")
          )
        }
      ),
      (
        "merge with itself",
        {
          try await shop.merge(.externalID("kanarie-7"), .email("kanarie@example.com"))
        }
      ),
      upsert("contact") { $0.externalID = "kanarie-8" },
      upsert("fields", Self.broken),
      upsert("properties") {
        $0.email = "kanarie@example.com"
        $0.customProperties["kanarie@example.com"] = .with { $0.kind = .stringValue("x") }
      },
    ]
  }

  private func records(_ shop: Shop) -> Calls {
    func record(_ what: String, _ event: @escaping (inout EventInput) -> Void) -> Calls.Element {
      (what, { try await shop.record(of: { $0.email = "x@example.com" }, event) })
    }
    func sync(
      _ what: String,
      _ order: Order,
      _ input: @escaping (inout CustomerInput) -> Void
    ) -> Calls.Element {
      (what, { try await shop.sync(order, of: input) })
    }
    return [
      record("event", RecordEventTests.quiz("kanarie-event")),
      record("event fields") {
        $0.source = .ecommerce
        $0.type = "kanarie"
        $0.sourceName = "Kanarie"
        $0.properties["kanarie\u{1}"] = .with { $0.kind = .stringValue("x") }
      },
      sync("order", .of("kanarie-order", 100)) { $0.email = "x@example.com" },
      sync("order currency", .of("kanarie-order", 1, "kanarie"), Self.owner),
      sync("order fields", .of("kanarie\u{1}", -1, "kanarie"), Self.broken),
    ]
  }

  private func reads(_ shop: Shop) -> Calls {
    func get(_ ref: CustomerRef.Ref) -> Calls.Element {
      ("get \(ref)", { _ = try await shop.get(ref) })
    }
    return [
      get(.email("kanarie9@example.com")), get(.email("kanarie")), get(.phoneNumber("5557391")),
      get(.externalID("kanarie")),
      ("query", { _ = try await shop.list(String(repeating: "kanarie", count: 40)) }),
      ("token", { _ = try await shop.list(token: "kanarie") }),
      ("store", { _ = try await shop.list(in: "Kanarie") }),
      ("timeline", { _ = try await shop.timeline(.externalID("kanarie")) }),
    ]
  }

  @Test func noErrorRepeatsWhatItWasGiven() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      for (what, call) in upserts(shop) + records(shop) + reads(shop) {
        check(try await failure(what, call), what)
      }
      let batch = try await shop.customers.batchUpsertCustomers(
        .with { $0.customers = [.with(Self.broken)] }
      )
      check(try #require(batch.results.first?.error).asError, "batch")
    }
  }

  @Test func aViolationShowsTheCallersOwnValueCutShort() async throws {
    try await Shop.open { shop in
      let error = try await failure {
        try await shop.upsert { $0.email = "kanarie" + String(repeating: "x", count: 100) }
      }
      let text = try #require(error.violations.first?.description)
      #expect(text.contains("kanarie") && text.hasSuffix("…") && text.count < 160)
    }
  }

  private static func broken(_ input: inout CustomerInput) {
    input.externalID = "kanarie\u{1}"
    input.email = "kanarie"
    input.phoneNumber = "5557391"
    input.firstName = "Canarina\u{1}"
    input.gender = "kanarie"
    input.accountStatus = "kanarie"
    input.defaultLanguage = "kanarie"
    input.defaultCurrency = "kanarie"
    input.tags = "kanarie\u{1}"
    input.address = .with { $0.countryCode = "kanarie" }
  }
}
