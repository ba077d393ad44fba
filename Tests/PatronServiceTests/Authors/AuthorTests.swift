import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that records name the author of their change, and only the server can say who that is.
struct AuthorTests {
  private let callers = Callers()

  /// Opens a shop whose calls are those of ``callers``.
  private func open(_ body: (Shop) async throws -> Void) async throws {
    try await Shop.open(interceptors: [callers], body)
  }

  @Test func everyMethodThatChangesSomethingIsTried() {
    let methods = (CustomerService.methods + TimelineService.methods)
      .filter { $0.idempotency != .noSideEffects }
    #expect(Set(AuthoredCall.all.map(\.method)) == Set(methods))
    #expect(AuthoredCall.all.count == methods.count)
  }

  @Test(arguments: AuthoredCall.all)
  func theRecordNamesTheAuthor(_ call: AuthoredCall) async throws {
    try await open { shop in
      try await call.prepare(shop)
      callers.act(for: "agent7")
      let authors = try await call.call(shop)
      #expect(!authors.isEmpty)
      for author in authors { #expect(author == callers.author(for: "agent7")) }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test(arguments: AuthoredCall.all)
  func nobodyLeavesNoTrace(_ call: AuthoredCall) async throws {
    try await open { shop in
      try await call.prepare(shop)
      let authors = try await call.call(shop)
      #expect(!authors.isEmpty && authors.allSatisfy { $0 == nil })
    }
  }

  @Test func theReceiptNamesTheAuthorAlsoInARepeat() async throws {
    try await open { shop in
      try await shop.known()
      callers.act(for: "agent7")
      let receipt = try await shop.delete(.externalID("c1"), requestID: "r1")
      #expect(receipt.author == callers.author(for: "agent7"))
      callers.act(for: "agent8")
      #expect(try await shop.delete(.externalID("c1"), requestID: "r1") == receipt)
    }
  }

  // MARK: - Repeats and replacements

  @Test func aRepeatKeepsTheFirstAuthor() async throws {
    try await open { shop in
      try await shop.known()
      callers.act(for: "first")
      try await shop.record(requestID: "r1", RecordEventTests.quiz("e1"))
      try await shop.sync(.of("o1", 100))
      try await shop.set { $0.defaultCountry = "DE" }
      let image = try shop.image()
      callers.act(for: "second")
      #expect(try await shop.record(RecordEventTests.quiz("e1")).outcome == .unchanged)
      try await shop.record(requestID: "r1", RecordEventTests.quiz("e1"))
      #expect(try await shop.sync(.of("o1", 100)).outcome == .unchanged)
      try await shop.set { $0.defaultCountry = "DE" }
      #expect(try shop.image() == image)
      let repeated = try await shop.record(RecordEventTests.quiz("e1"))
      #expect(repeated.event?.author == callers.author(for: "first"))
    }
  }

  @Test func aReplacementHasItsOwnAuthor() async throws {
    try await open { shop in
      try await shop.known()
      callers.act(for: "first")
      try await shop.record(RecordEventTests.quiz("e1"))
      try await shop.sync(.of("o1", 100))
      callers.act(for: "second")
      let event = try await shop.record {
        RecordEventTests.quiz("e1")(&$0)
        $0.title = "New"
      }
      #expect(event.outcome == .updated)
      #expect(event.event?.author == callers.author(for: "second"))
      let order = try await shop.sync(.of("o1", 100) { $0.paymentStatus = .paid })
      #expect(order.order?.author == callers.author(for: "second"))
      let placed = try await shop.author(ofEvent: "order_placed")
      #expect(placed == callers.author(for: "first"), "it was recorded by the first")
      callers.stop()
      let last = try await shop.sync(.of("o1", 100) { $0.salesChannel = "web" })
      #expect(last.outcome == .updated && last.order?.author == nil, "nobody is the last author")
    }
  }

  @Test func fieldsNameTheirOwnAuthors() async throws {
    try await open { shop in
      try await shop.known()
      callers.act(for: "first")
      try await shop.upsert {
        $0.externalID = "c1"
        $0.firstName = "Ada"
        $0.lastName = "Byron"
      }
      callers.act(for: "second")
      try await shop.upsert {
        $0.externalID = "c1"
        $0.firstName = "Ada"
        $0.lastName = "Lovelace"
      }
      #expect(try await shop.author(ofField: "email") == nil)
      #expect(try await shop.author(ofField: "first_name") == callers.author(for: "first"))
      #expect(try await shop.author(ofField: "last_name") == callers.author(for: "second"))
    }
  }

  @Test func aPartThatWaitedHasTheAuthorWhoSentIt() async throws {
    try await open { shop in
      callers.act(for: "warehouse")
      _ = try await shop.timelines.syncRefund(AuthoredCall.refund)
      let waiting = try await shop.timelines.listOrders(.with { $0.pendingParts = true })
      #expect(waiting.pendingParts.map(\.author) == [callers.author(for: "warehouse")])
      callers.act(for: "shop")
      try await shop.sync(.of("o1", 100)) {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      #expect(try await shop.author(ofEvent: "order_placed") == callers.author(for: "shop"))
      let refunded = try await shop.author(ofEvent: "order_refunded")
      #expect(refunded == callers.author(for: "warehouse"))
    }
  }

  // MARK: - Moves

  @Test func mergesMoveRecordsWithTheirAuthors() async throws {
    try await open { shop in
      try await shop.known()
      callers.act(for: "first")
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "c2@example.com"
        $0.firstName = "Ada"
        $0.acceptsEmailMarketing = true
      }
      try await shop.record(of: { $0.externalID = "c2" }, RecordEventTests.quiz("e1"))
      try await shop.sync(.of("o1", 100)) { $0.externalID = "c2" }
      callers.act(for: "second")
      let merge = try await shop.merge(.externalID("c1"), .externalID("c2")).mergeID
      let first = callers.author(for: "first")
      #expect(try await shop.author(ofEvent: "quiz_completed") == first)
      #expect(try await shop.author(ofField: "first_name") == first)
      let history = try await shop.history()
      #expect(history.contains { $0.author == first })
      let order = try await shop.timelines.getOrder(.with { $0.order = .externalID("o1") }).order
      #expect(order?.author == first)
      let event = try await shop.timelines.getEvent(.with { $0.event = .id(merge) }).event
      #expect(event?.type == "profile_merged" && event?.author == callers.author(for: "second"))
      try await shop.unmerge(merge)
      #expect(try await shop.author(ofField: "first_name", of: .externalID("c2")) == first)
      #expect(try shop.findings() == [])
    }
  }

  @Test func anOrderThatMovesLeavesItsEventsTheirAuthors() async throws {
    try await open { shop in
      try await shop.known()
      try await shop.known("c2")
      callers.act(for: "first")
      try await shop.sync(.of("o1", 100))
      callers.act(for: "second")
      let answer = try await shop.timelines.moveOrder(
        .with {
          $0.order = .with { $0.ref = .externalID("o1") }
          $0.customer = .with { $0.ref = .externalID("c2") }
        }
      )
      #expect(answer.order?.author == callers.author(for: "second"))
      let placed = try await shop.author(ofEvent: "order_placed", of: .externalID("c2"))
      #expect(placed == callers.author(for: "first"))
    }
  }

  // MARK: - Erasures

  @Test(arguments: [DeleteMode.anonymize, .purge])
  func anErasureKeepsKeysOnly(_ mode: DeleteMode) async throws {
    try await open { shop in
      callers.act(for: "Zwetschge")
      try await shop.subscribe()
      try await shop.record(RecordEventTests.quiz("e1"))
      try await shop.sync(.of("o1", 100))
      try await shop.known("c2")
      try await shop.merge(.externalID("c1"), .externalID("c2"))
      let id = try await shop.customer(.externalID("c1")).id
      callers.act(for: "eraser")
      let receipt = try await shop.delete(.externalID("c1"), mode)
      // The audit log names who acted; it knows customers by their ids only.
      let image = try shop.image(without: "audit")
      #expect(!image.contains("Zwetschge") && !image.contains("5A7765747363686765"))
      let bodies = try shop.blobs("SELECT body FROM consent_ledger WHERE customer_id = \(id)")
      let rows = try bodies.map { try ConsentRecord(decoding: $0) }
      #expect(!rows.isEmpty && rows.allSatisfy { $0.author == callers.author(for: "") })
      #expect(receipt.author == callers.author(for: "eraser"))
      let event = try await shop.timelines.getEvent(.with { $0.event = .id(receipt.receiptID) })
      #expect(event.event?.author == receipt.author)
    }
  }

  // MARK: - In and out

  @Test func authorsInRequestsAreIgnored() async throws {
    try await open { shop in
      try await shop.known()
      let other = Author.with { $0.keyID = "somebody" }
      let order = try await shop.sync(.of("o1", 100) { $0.author = other })
      #expect(order.order?.author == nil)
      let again = try await shop.sync(.of("o1", 100) { $0.author = other })
      #expect(again.outcome == .unchanged && again.order?.author == nil)
      let settings = try await shop.set {
        $0.defaultCountry = "DE"
        $0.author = other
      }
      #expect(settings.author == nil)
      let type = PatronProto.EventType.with {
        $0.sourceName = "quiz_app"
        $0.type = "badge_won"
        $0.author = other
      }
      let registered = try await shop.timelines.registerEventType(.with { $0.type = type })
      #expect(registered.type?.author == nil)
      let masked = try await violations { try await shop.set(["author"]) { $0.author = other } }
      #expect(masked == [Broken("update_mask.paths[0]", "MASK_PATH_UNKNOWN")])
      let image = try shop.image()
      #expect(!image.contains("somebody") && !image.contains("736F6D65626F6479"))
    }
  }

  @Test func exportsCarryAuthorsOut() async throws {
    try await open { shop in
      try await shop.known()
      callers.act(for: "agent7")
      try await shop.record(RecordEventTests.quiz("e1"))
      callers.stop()
      var bytes: [UInt8] = []
      let request = ExportTimelineRequest.with {
        $0.customer = .with { $0.ref = .externalID("c1") }
        $0.format = .ndjson
        $0.filter = .with { $0.types = ["quiz_completed"] }
      }
      for try await part in try await shop.timelines.exportTimeline(request) { bytes += part.data }
      #expect(try Event(json: bytes).author == callers.author(for: "agent7"))
    }
  }

  // MARK: - Metadata

  @Test func theMetadataSaysOnWhoseBehalf() async throws {
    try await Shop.open(usesSocket: true) { shop in
      func upsert(_ text: String) async throws -> Author? {
        _ = try await shop.customers.upsertCustomer(
          .with {
            $0.customer = .with {
              $0.externalID = "c1"
              $0.email = "c1@example.com"
              $0.firstName = text
            }
          },
          options: CallOptions(metadata: ["patron-on-behalf-of": text])
        )
        return try await shop.author(ofField: "first_name")
      }
      let most = String(repeating: "é", count: 64)
      for (given, expected) in [("agent7", "agent7"), (" Zoë ", "Zoë"), (most, most)] {
        let author = try await upsert(given)
        #expect(author == Author.with { $0.onBehalfOf = expected })
      }
      let image = try shop.image()
      for (given, reason) in [
        (most + "é", "TEXT_TOO_LONG"), ("a\nb", "TEXT_HAS_CONTROL_CHARACTER"),
      ] {
        let wrong = try await violations { try await upsert(given) }
        #expect(wrong == [Broken("patron-on-behalf-of", reason)])
        let read = try await violations {
          try await shop.customers.getStoreSettings(
            GetStoreSettingsRequest(),
            options: CallOptions(metadata: ["patron-on-behalf-of": given])
          )
        }
        #expect(read == wrong, "also for reads, whose caller should notice")
      }
      #expect(try shop.image() == image)
    }
  }
}
