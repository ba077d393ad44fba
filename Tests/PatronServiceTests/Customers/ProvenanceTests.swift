import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

import struct PatronModel.Author

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the setters of fields, as they are stored and as the full view reports them.
struct ProvenanceTests {
  private func note(
    _ fields: [String],
    _ name: String,
    at: Int64,
    event: Int64 = 0,
    over stored: [UInt8] = []
  ) throws -> [UInt8] {
    let setter = Provenance.Setter(name: name, at: at, eventID: event)
    return try Provenance.noting(fields, by: setter, over: stored) ?? stored
  }

  @Test func theLastWhoSetAFieldIsKept() throws {
    var stored = try note(
      ["email", "first_name", "custom_properties.size", "subscriptions"],
      "upsert",
      at: 5
    )
    stored = try note(
      ["first_name", "custom_properties.size", "tags"],
      "quiz",
      at: -7,
      event: 9,
      over: stored
    )
    let provenance = try Provenance(stored: stored)
    let told = provenance.entries.map {
      "\($0.field) \($0.setBy) \($0.setAt?.micros ?? 0) \($0.eventID)"
    }
    #expect(
      told == [
        "custom_properties.size quiz -7 9", "email upsert 5 0", "first_name quiz -7 9",
        "tags quiz -7 9",
      ]
    )
    #expect(
      provenance.permits("email", at: 5, by: nil) && !provenance.permits("email", at: 4, by: nil)
    )
    #expect(provenance.permits("gender", at: .min, by: nil), "nobody set it")
    let size = "custom_properties.size"
    #expect(provenance.permits(size, at: -7, by: 9) && !provenance.permits(size, at: -7, by: 8))
    #expect(provenance.permits(size, at: -6, by: 8) && !provenance.permits(size, at: -8, by: nil))
  }

  @Test func anAuthorCostsNothingWhereNoneIsKnown() throws {
    func stored(_ author: PatronModel.Author) throws -> [UInt8] {
      let setter = Provenance.Setter(name: "upsert", at: 5, author: author)
      return try #require(try Provenance.noting(["email", "tags"], by: setter, over: []))
    }
    let nobody = try stored(.none)
    #expect(try nobody == note(["email", "tags"], "upsert", at: 5))
    let author = PatronModel.Author(keyID: String(repeating: "k", count: 26), onBehalfOf: "agent7")
    let known = try stored(author)
    #expect(known.count == nobody.count + 2 + 26 + 2 + 6)
    let entries = try Provenance(stored: known).entries
    #expect(entries.map(\.field) == ["email", "tags"])
    #expect(entries.allSatisfy { $0.author == author.message })
    #expect(try Provenance(stored: nobody).entries.allSatisfy { $0.author == nil })
  }

  @Test func whatIsNotRememberedIsNoChange() throws {
    let setter = Provenance.Setter(name: "points_earned", at: 5)
    let fields = ["subscriptions", "suppressions"]
    struct Read: Error {}
    func stored() throws -> [UInt8] { throw Read() }
    #expect(try Provenance.noting(fields, by: setter, over: stored()) == nil)
    #expect(try Provenance.noting([], by: setter, over: stored()) == nil)
    #expect(throws: Read.self) {
      try Provenance.noting(["email"], by: setter, over: stored())
    }
  }

  @Test func groupsThatNothingIsLeftOfAreForgotten() throws {
    var stored: [UInt8] = []
    for time in 1...50 {
      stored = try note(
        ["first_name", "custom_properties.a"],
        "upsert",
        at: Int64(time),
        over: stored
      )
    }
    #expect(stored.count < 30, "\(stored.count)")
    #expect(try Provenance(stored: stored).entries.map(\.setAt?.micros) == [50, 50])
  }

  @Test func propertiesHaveALimit() throws {
    func names(_ range: Range<Int>) -> [String] { range.map { "custom_properties.p\($0)" } }
    var stored = try note(names(0..<100) + ["email"], "upsert", at: 1)
    stored = try note(names(100..<200), "upsert", at: 2, over: stored)
    #expect(try Provenance(stored: stored).entries.count == 201)
    stored = try note(names(200..<201), "upsert", at: 3, over: stored)
    let provenance = try Provenance(stored: stored)
    #expect(provenance.entries.count == 201, "one of the oldest is forgotten")
    #expect(provenance.permits("email", at: 0, by: nil) == false)
    #expect(provenance.entries.filter { $0.setAt?.micros == 1 }.count == 100)
  }

  @Test func damageIsFound() throws {
    let stored = try note(["email"], "upsert", at: 5)
    #expect(throws: StoreError.self) { try Provenance(stored: stored.dropLast()) }
  }

  @Test func theFullViewNamesWhoeverSetAField() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let id = try await shop.customer(.externalID("c1")).id
      _ = try await shop.customers.updateCustomer(
        .with {
          $0.id = id
          $0.customer = .with { $0.gender = "F" }
        }
      )
      _ = try await shop.customers.updateTags(
        .with {
          $0.customers = [.with { $0.ref = .id(id) }]
          $0.add = "vip"
        }
      )
      let item = ImportItem.with {
        $0.customer = .with {
          $0.externalID = "c1"
          $0.lastName = "King"
        }
      }
      _ = try await shop.import([item]) { $0.source = "spring sale" }
      try await shop.subscribe { $0.customer?.firstName = "Ada" }
      #expect(
        try await shop.provenance() == [
          "external_id": "upsert", "email": "upsert", "phone_number": "upsert",
          "gender": "update", "tags": "update", "last_name": "spring sale",
          "first_name": "subscribe",
        ]
      )
      let length = try shop.rows("SELECT length(provenance) FROM customers", columns: 1)
      #expect(Int(length[0][0]) ?? .max < 120, "\(length)")
      // A dry run leaves no trace.
      _ = try await shop.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.externalID = "c1"
            $0.firstName = "Grace"
          }
          $0.validateOnly = true
        }
      )
      #expect(try await shop.provenance()["first_name"] == "subscribe")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anIdentifierThatChangesIsNotedToo() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.email = "a@example.com" }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "a@example.com"
        $0.acceptsEmailMarketing = true
      }
      #expect(
        try await shop.provenance() == [
          "email": "upsert", "external_id": "upsert", "accepts_email_marketing": "upsert",
        ]
      )
      // A change of consent alone does not change the provenance.
      let before = try await shop.get(.externalID("c1"), view: .full).provenance
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.topics = [.loyalty]
        $0.channels = [.email]
      }
      #expect(try await shop.get(.externalID("c1"), view: .full).provenance == before)
    }
  }
}
