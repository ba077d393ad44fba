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

/// Tests of what calls leave in the audit log.
@Suite(.timeLimit(.minutes(15)))
struct AuditRecordTests {
  private func make(
    _ shop: Shop,
    _ id: String = "c1",
    phone: String? = "+14155550101"
  ) async throws -> Int64 {
    try await shop.upsert {
      $0.externalID = id
      $0.email = "\(id)@example.com"
      if let phone { $0.phoneNumber = phone }
    }.customer?.id ?? 0
  }

  // MARK: - Consent

  @Test func consentThatTheCustomerDidNotChange() async throws {
    try await Shop.open { shop in
      let id = try await make(shop)
      #expect(try shop.audited().isEmpty)
      // The customer's own statements are in the consent ledger alone.
      try await shop.subscribe()
      try await shop.unsubscribe()
      try await shop.subscribe()
      #expect(try shop.audited().isEmpty)
      try await shop.unsubscribe { $0.actor = .operator }
      try await shop.unsubscribe { $0.actor = .operator }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.acceptsEmailMarketing = true
      }
      try await shop.suppress()
      try await shop.suppress()
      try await shop.unsuppress()
      #expect(
        try shop.audited() == [
          "consent.change customer:\(id)", "consent.change customer:\(id)",
          "suppression.add customer:\(id)", "suppression.lift customer:\(id)",
        ]
      )
      let rows = try shop.audit()
      #expect(rows.allSatisfy { $0.store == "default" && $0.result == 0 && $0.keyID.isEmpty })
      #expect(rows.allSatisfy { $0.requestID.count == 16 && !$0.peer.isEmpty })
      #expect(Set(rows.map(\.requestID)).count == 4)
    }
  }

  /// Merges have a source of their own, which no caller can borrow to stay out of the log.
  @Test(arguments: ["merge", "unmerge"])
  func sourcesOfMerges(_ source: String) async throws {
    try await Shop.open { shop in
      try await shop.subscribe {
        $0.actor = .operator
        $0.evidence = .with { $0.source = source }
      }
      let id = try await shop.customer(.externalID("c1")).id
      #expect(try shop.audited() == ["consent.change customer:\(id)"])
    }
  }

  /// The claim that the customer did it keeps nothing out of the log that a caller may have done.
  @Test func changesInTheCustomersName() async throws {
    let callers = Callers()
    try await Shop.open(interceptors: [callers]) { shop in
      func subscribe(_ id: String, form: String = "", by actor: ActorKind = .customer) async throws
      {
        try await shop.subscribe {
          $0.customer = .with {
            $0.externalID = id
            $0.email = "\(id)@example.com"
          }
          $0.channels = [.email]
          $0.actor = actor
          $0.doubleOptIn = false
          $0.evidence = .with {
            $0.source = "welcome_popup"
            $0.formID = form
          }
        }
      }
      func lift(_ ref: CustomerRef.Ref) async throws {
        try await shop.suppress(ref) { $0.channels = [.email] }
        try await shop.unsuppress(ref) {
          $0.channels = [.email]
          $0.actor = .customer
        }
      }
      func unsubscribe(_ id: String) async throws {
        try await shop.unsubscribe(.externalID(id)) { $0.channels = [.email] }
      }
      callers.act(for: "")
      // A sign-up through a form, and opt-outs, have no row.
      try await subscribe("c1", form: "footer")
      try await unsubscribe("c1")
      #expect(try shop.audited().isEmpty)
      try await subscribe("c2")
      try await subscribe("c3", by: .system)
      try await lift(.externalID("c2"))
      try await lift(.email("nobody@example.com"))
      callers.act(for: "agent7")
      try await subscribe("c4", form: "footer")
      try await unsubscribe("c4")
      callers.stop()
      // A row would name nobody while nobody has a key.
      try await subscribe("c5")
      var ids: [Int64] = []
      for id in ["c2", "c3", "c4"] { ids.append(try await shop.customer(.externalID(id)).id) }
      let rows = try shop.audit()
      let address = try #require(rows.first { $0.targets.hasPrefix("address:") }?.targets)
      #expect(
        try shop.audited() == [
          "consent.claim customer:\(ids[0])", "consent.claim customer:\(ids[1])",
          "suppression.add customer:\(ids[0])", "consent.claim customer:\(ids[0])",
          "suppression.add \(address)", "consent.claim \(address)",
          "consent.claim customer:\(ids[2])", "consent.claim customer:\(ids[2])",
        ]
      )
      #expect(rows.allSatisfy { $0.keyID == callers.key.text })
      #expect(rows.suffix(2).allSatisfy { $0.onBehalfOf == "agent7" })
    }
  }

  /// An address that no customer has is named by the hash under which it is suppressed.
  @Test func addressesOfNobody() async throws {
    try await Shop.open { shop in
      try await shop.suppress(.phoneNumber("+14155550101"))
      try await shop.suppress(.phoneNumber("+14155550102"), .unsubscribed) { $0.actor = .customer }
      try await shop.unsuppress(.phoneNumber("+14155550101"))
      let audited = try shop.audited()
      let target = try #require(audited.first?.split(separator: " ").last)
      #expect(audited == ["suppression.add \(target)", "suppression.lift \(target)"])
      let stored = try shop.rows("SELECT lower(hex(address_hash)) FROM suppressions", columns: 1)
      #expect(target.hasPrefix("address:") && target.count == 8 + 64)
      #expect(!stored.contains([String(target.dropFirst(8))]), "it was lifted")
    }
  }

  /// A file claims much about its customers; that it was imported is what the log says.
  @Test func whatAnImportClaims() async throws {
    try await Shop.open { shop in
      let item = ImportItem.of("c1", sms: .subscribed, at: 1_600_000_000, by: .customer)
      try await shop.import([item]) { $0.validateOnly = true }
      #expect(try shop.audited().isEmpty)
      try await shop.import([item])
      let id = try await shop.customer(.externalID("c1")).id
      #expect(try shop.audited() == ["consent.change customer:\(id)"])
      _ = try await shop.customers.importSuppressions(
        .with {
          $0.suppressions = [
            .with {
              $0.address = "nobody@example.com"
              $0.reason = .unsubscribed
            },
            .with { $0.address = "other@example.com" },
          ]
        }
      )
      let last = try #require(try shop.audited().last)
      #expect(last.hasPrefix("suppression.add address:"))
      #expect(last.split(separator: " ").count == 3)
    }
  }

  @Test func aBatchHasARowForEachPiece() async throws {
    try await Shop.open { shop in
      _ = try await shop.customers.batchUpsertCustomers(
        .with {
          $0.customers = (0..<150).map { number in
            .with {
              $0.email = "c\(number)@example.com"
              $0.acceptsEmailMarketing = true
            }
          }
        }
      )
      let rows = try shop.audit()
      let targets = rows.flatMap { $0.targets.split(separator: " ").map(String.init) }
      let ids = try shop.rows("SELECT customer_id FROM customers ORDER BY customer_id", columns: 1)
      #expect(targets == ids.map { "customer:\($0[0])" })
      #expect(rows.count >= 2 && rows.allSatisfy { $0.action == "consent.change" })
      #expect(Set(rows.map(\.requestID)).count == 1)
    }
  }

  // MARK: - Settings, merges, erasures

  @Test func settingsByTheirNames() async throws {
    try await Shop.open { shop in
      try await shop.set {
        $0.defaultCountry = "DE"
        $0.emailDoubleOptIn = false
      }
      try await shop.set { $0.defaultCountry = "DE" }
      try await shop.set {
        $0.sharedIdentifiers = .with { $0.values = ["+14155550199"] }
        $0.defaultCountry = ""
      }
      #expect(
        try shop.audited() == [
          "settings.update setting:default_country",
          "settings.update setting:default_country setting:shared_identifiers",
        ]
      )
    }
  }

  @Test func mergesAndTheirEnd() async throws {
    try await Shop.open { shop in
      let one = try await make(shop, "a", phone: nil)
      let two = try await make(shop, "b", phone: nil)
      try await shop.unsubscribe(.externalID("b")) {
        $0.actor = .operator
        $0.channels = [.email]
      }
      let before = try shop.audited().count
      _ = try await shop.merge(.id(one), .id(two), preview: true)
      let merge = try await shop.merge(.id(one), .id(two)).mergeID
      try await shop.unmerge(merge)
      #expect(
        try shop.audited(after: before) == [
          "merge.perform merge:\(merge) customer:\(one) customer:\(two)",
          "merge.undo merge:\(merge) customer:\(one) customer:\(two)",
        ]
      )
    }
  }

  /// The log keeps the ids of an erased customer, and never had anything else.
  @Test(arguments: [DeleteMode.anonymize, .purge])
  func erasuresWithoutATrace(_ mode: DeleteMode) async throws {
    try await Shop.open { shop in
      var customer = MarkedCustomer(shop)
      try await customer.fill()
      for format in [ExportFormat.csv, .zip] {
        for try await _ in try await shop.timelines.exportTimeline(
          .with {
            $0.customer = .with { $0.ref = .phoneNumber("+14155557391") }
            $0.format = format
          }
        ) {}
      }
      let id = try await shop.customer(.phoneNumber("+14155557391")).id
      let before = try shop.audit()
      let receipt = try await shop.customers.deleteCustomer(
        .with {
          $0.customer = .with { $0.ref = .id(id) }
          $0.mode = mode
          $0.reason = "zqreasonwv"
        }
      )
      let after = try shop.audit()
      #expect(after.prefix(before.count).elementsEqual(before))
      let purged = mode == .purge ? " mode:purge" : ""
      #expect(
        try shop.audited(after: before.count) == [
          "erasure.begin customer:\(id) receipt:\(receipt.receiptID)\(purged)",
          "erasure.complete customer:\(id) receipt:\(receipt.receiptID)",
        ]
      )
      #expect(before.contains { $0.action == "consent.change" })
      #expect(before.contains { $0.targets == "customer:\(id)" })
      let text = after.map { "\($0)" }.joined()
      for (marker, what) in customer.markers where text.contains(marker) {
        Issue.record("the audit log has \(what)")
      }
      #expect(!text.contains("zqreasonwv"))
    }
  }

  /// An erasure that a stop interrupted is completed by the server itself.
  @Test func anErasureThatTheServerCompletes() async throws {
    try await Shop.open { shop in
      let id = try await make(shop)
      try await shop.write { transaction in
        let writer = StoreWriter(transaction, of: .default)
        let row = try #require(try writer.read.customerRow(.id(id)))
        _ = try Erasure.begin(row, .purge, reason: "", in: writer, at: WallClock.system.now())
      }
      try PendingErasures.run(shop.store) { Issue.record("\($0)") }
      let rows = try shop.audit()
      #expect(rows.map(\.action) == ["erasure.begin", "erasure.complete"])
      #expect(rows.allSatisfy { $0.peer.isEmpty && $0.requestID.isEmpty && $0.keyID.isEmpty })
    }
  }

  @Test func refusedCallsHaveNoRow() async throws {
    try await Shop.open { shop in
      let id = try await make(shop)
      _ = try await failure { try await shop.merge(.id(id), .id(id + 100)) }
      _ = try await failure { try await shop.unmerge(id) }
      _ = try await failure { try await shop.suppress(.externalID("nobody")) }
      _ = try await failure {
        try await shop.customers.deleteCustomer(
          .with { $0.customer = .with { $0.ref = .id(id + 100) } }
        )
      }
      _ = try await violations { try await shop.set { $0.softBounceThreshold = 0 } }
      #expect(try shop.audited().isEmpty)
    }
  }
}
