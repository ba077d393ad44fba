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

/// Tests of reads that the audit log records before they begin.
@Suite(.timeLimit(.minutes(15)))
struct AuditedReadTests {
  private func fill(_ shop: Shop) async throws -> Int64 {
    try await shop.suppress(.email("nobody@example.com")) { $0.channels = [.email] }
    return try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
    }.customer?.id ?? 0
  }

  private func exportTimeline(_ shop: Shop, _ ref: CustomerRef.Ref) async throws -> Int {
    var parts = 0
    for try await _ in try await shop.timelines.exportTimeline(
      .with { $0.customer = .with { $0.ref = ref } }
    ) { parts += 1 }
    return parts
  }

  @Test func exportsHaveARow() async throws {
    try await Shop.open { shop in
      let id = try await fill(shop)
      let before = try shop.audited().count
      #expect(try await shop.export().rows == 1)
      _ = try await shop.export { $0.format = .ndjson }
      #expect(try await exportTimeline(shop, .email("c1@example.com")) > 0)
      let page = try await shop.customers.listSuppressions(.with { $0.pageSize = 1 })
      #expect(page.suppressions.count == 1)
      #expect(
        try shop.audited(after: before) == [
          "customers.export format:csv", "customers.export format:ndjson",
          "timeline.export customer:\(id)", "suppressions.export",
        ]
      )
      #expect(try shop.audit().dropFirst(before).allSatisfy { $0.requestID.count == 16 })
    }
  }

  /// Also a page whose token was kept, so that nobody reads on unnoticed.
  @Test func everyPageOfAListHasARow() async throws {
    try await Shop.open { shop in
      for number in 0..<3 {
        try await shop.suppress(.email("n\(number)@example.com")) { $0.channels = [.email] }
      }
      let before = try shop.audited().count
      func page(_ token: String) async throws -> ListSuppressionsResponse {
        try await shop.customers.listSuppressions(
          .with {
            $0.pageSize = 1
            $0.pageToken = token
          }
        )
      }
      var tokens = [""]
      var found = 0
      while let token = tokens.last, tokens.count <= 3 {
        let page = try await page(token)
        found += page.suppressions.count
        if page.nextPageToken.isEmpty { break }
        tokens.append(page.nextPageToken)
      }
      #expect(found == 3 && tokens.count == 3)
      let row = "suppressions.export"
      #expect(try shop.audited(after: before) == [row, row, row])
      #expect(try await page(tokens[1]).suppressions.count == 1)
      #expect(try shop.audited(after: before) == [row, row, row, row])
    }
  }

  @Test func whatIsRefusedAtOnceHasNone() async throws {
    try await Shop.open { shop in
      _ = try await failure { try await shop.export { $0.format = .zip } }
      let unknown = try await failure { try await exportTimeline(shop, .email("no@example.com")) }
      #expect(unknown.reason == "CUSTOMER_NOT_FOUND")
      #expect(try shop.audited().isEmpty)
    }
  }

  /// Nothing is sent that cannot be recorded.
  @Test func aLogThatTakesNothingRefusesReads() async throws {
    try await Shop.open { shop in
      let id = try await fill(shop)
      try await shop.tamper("ALTER TABLE audit RENAME TO lost")
      var parts = 0
      let refused = try await failure {
        for try await _ in try await shop.customers.exportCustomers(.init()) { parts += 1 }
      }
      #expect(refused.code == .internal && refused.reason == "STORAGE" && parts == 0)
      let timeline = try await failure { try await exportTimeline(shop, .id(id)) }
      #expect(timeline.reason == "STORAGE")
      let list = try await failure { try await shop.customers.listSuppressions(.init()) }
      #expect(list.reason == "STORAGE")
      // Reads that are not recorded go on, and so do writes.
      #expect(try await shop.customer(.id(id)).externalID == "c1")
      try await shop.upsert {
        $0.externalID = "c1"
        $0.firstName = "Ada"
      }
      let change = try await failure { try await shop.set { $0.defaultCountry = "DE" } }
      #expect(change.reason == "STORAGE")
      try await shop.tamper("ALTER TABLE lost RENAME TO audit")
      #expect(try await shop.export().rows == 1)
      let settings = try await shop.customers.getStoreSettings(.init()).settings
      #expect(settings?.defaultCountry == "", "the change that was not recorded was not made")
    }
  }

  /// A caller who gives up while the row waits for the writer gets nothing, and is not recorded.
  @Test func anExportOfACallerWhoCancelledHasNoRow() async throws {
    try await Shop.open(usesSocket: true) { shop in
      let id = try await fill(shop)
      let before = try shop.audited().count
      // The first stream shows the client that the server understands CANCEL.
      _ = try await shop.export()
      let hold = WriterHold()
      defer { hold.open() }
      try await hold.take(shop)
      let cancelled = Task { try await shop.export() }
      await hold.waitUntilQueued(1, shop)
      cancelled.cancel()
      _ = await cancelled.result
      // The call is on the same connection, so it comes after the CANCEL.
      _ = try await shop.customer(.id(id))
      hold.open()
      #expect(try await shop.export().rows == 1)
      #expect(
        try shop.audited(after: before) == [
          "customers.export format:csv", "customers.export format:csv",
        ]
      )
    }
  }
}
