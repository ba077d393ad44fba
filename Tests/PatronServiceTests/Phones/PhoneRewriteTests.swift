import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import SQLite
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of numbers that an earlier version stored in other spellings.
struct PhoneRewriteTests {
  private static let old = "+5215512345678"
  private static let form = "+525512345678"

  @Test func recordsAreBroughtIntoTheOneForm() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.customer?.phoneNumber = Self.form }
      try await shop.upsert { $0.phoneNumber = "+442079460958" }
      try await shop.spell(.externalID("c1"), Self.old)
      try await shop.spell(.phoneNumber("+442079460958"), "+4402079460958")
      let etag = try await shop.customer(.externalID("c1")).etag
      var told = 0
      try PhoneRewrite.run(shop.store, clock: .system) { told = $0 }
      #expect(told == 2)
      let customer = try await shop.customer(.phoneNumber(Self.old))
      #expect(customer.phoneNumber == Self.form && customer.externalID == "c1")
      #expect(customer.etag == etag)
      #expect(try await shop.search("5512345678") == ["c1"])
      #expect(try await shop.search("215512345678") == [])
      #expect(try await shop.customer(.phoneNumber("+442079460958")).id > 0)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      #expect(try shop.store.warnings(PhoneWarnings.run) == [])
      #expect(try shop.rows("SELECT store_id FROM phone_work", columns: 1) == [])
      let image = try shop.image()
      try PhoneRewrite.run(shop.store, clock: .system)
      #expect(try shop.image() == image)
    }
  }

  @Test func manyAreDoneInSteps() async throws {
    try await Shop.open { shop in
      for number in 100..<350 {
        try await shop.upsert { $0.phoneNumber = "+525512345\(number)" }
      }
      let phones = try shop.rows("SELECT phone FROM customers", columns: 1).map { $0[0] }
      for phone in phones { try await shop.spell(.phoneNumber(phone), "+521" + phone.dropFirst(3)) }
      var steps = 0
      try PhoneRewrite.run(shop.store, clock: .system) { _ in steps += 1 }
      #expect(steps == 2)
      let after = try shop.rows("SELECT phone FROM customers", columns: 1).map { $0[0] }
      #expect(Set(after) == Set(phones))
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  /// Suppressions with the hash of a former spelling cannot be rewritten, but they still apply.
  @Test func optOutsOfAddressesHold() async throws {
    try await Shop.open { shop in
      try await shop.suppressHash(of: Self.old)
      let made = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = Self.form
        $0.acceptsSMSMarketing = true
      }
      #expect(made.customer?.phoneNumber == Self.form)
      #expect(try await !shop.status().canReceive)
      #expect(try await shop.status().suppressions.map(\.reason) == [.unsubscribed])
      // A second call finds the same suppression, which the owner can lift.
      let again = try await shop.suppress(.externalID("c1"), .unsubscribed) { $0.actor = .customer }
      #expect(again.outcome == .unchanged)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      try await shop.subscribe {
        $0.customer?.email = nil
        $0.customer?.phoneNumber = Self.form
      }
      #expect(try await shop.status().canReceive)
      #expect(try shop.rows("SELECT reason FROM suppressions", columns: 1) == [])
    }
  }

  @Test func twoRecordsOfOnePersonBecomeOne() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.phoneNumber = Self.form
      }
      try await shop.spell(.externalID("c1"), Self.old)
      // Another call created a customer of the same line and opted it out.
      try await shop.upsert { $0.phoneNumber = Self.form }
      try await shop.unsubscribe(.phoneNumber(Self.form))
      try PhoneRewrite.run(shop.store, clock: .system)
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.phoneNumber == Self.form && customer.email == "c1@example.com")
      #expect(try await shop.customer(.phoneNumber(Self.old)).id == customer.id)
      #expect(try await shop.list().customers.count == 1)
      #expect(try await !shop.status().canReceive)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      #expect(try shop.store.warnings(PhoneWarnings.run) == [])
    }
  }

  @Test func twoPeopleStayAndAreTold() async throws {
    try await Shop.open { shop in
      for (id, phone) in [("c1", Self.form), ("c2", "+14155550101")] {
        try await shop.subscribe {
          $0.customer?.externalID = id
          $0.customer?.email = "\(id)@example.com"
          $0.customer?.phoneNumber = phone
        }
      }
      try await shop.spell(.externalID("c1"), Self.old)
      try await shop.spell(.externalID("c2"), Self.form)
      try await shop.unsubscribe()
      try PhoneRewrite.run(shop.store, clock: .system)
      let first = try await shop.customer(.externalID("c1"))
      let second = try await shop.customer(.externalID("c2"))
      #expect(first.phoneNumber == Self.old && second.phoneNumber == Self.form)
      #expect(
        try shop.store.warnings(PhoneWarnings.run) == [
          "customer \(first.id) of store default: its phone number is another spelling of that of "
            + "customer \(second.id); merge them, or change one"
        ]
      )
      #expect(try shop.store.check([RecordChecks.run]) == [])
      // The line opted out, so neither of its customers receives messages.
      for ref in [CustomerRef.Ref.id(first.id), .id(second.id)] {
        #expect(try await !shop.status(of: ref).canReceive)
      }
      let merged = try await shop.merge(.id(second.id), .id(first.id))
      #expect(merged.customer?.phoneNumber == Self.form)
      #expect(try shop.store.warnings(PhoneWarnings.run) == [])
    }
  }

  @Test func impossibleNumbersStayAndAreTold() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550101"
      }
      try await shop.spell(.externalID("c1"), "+10155550101")
      try PhoneRewrite.run(shop.store, clock: .system)
      let customer = try await shop.customer(.phoneNumber("+10155550101"))
      #expect(customer.externalID == "c1")
      #expect(
        try shop.store.warnings(PhoneWarnings.run) == [
          "customer \(customer.id) of store default: no country has such a phone number; correct it"
        ]
      )
      // Other fields can still be changed.
      let update = try await shop.upsert {
        $0.externalID = "c1"
        $0.firstName = "Ada"
      }
      #expect(update.customer?.phoneNumber == "+10155550101")
    }
  }

  @Test func numbersOfMergedCustomersFollow() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550101"
      }
      try await shop.upsert {
        $0.email = "guest@example.com"
      }
      let guest = try await shop.customer(.email("guest@example.com")).id
      _ = try await shop.customers.updateCustomer(
        .with {
          $0.id = guest
          $0.customer = .with { $0.phoneNumber = Self.form }
        }
      )
      try await shop.spell(.id(guest), Self.old)
      let merge = try await shop.merge(.externalID("c1"), .id(guest))
      try PhoneRewrite.run(shop.store, clock: .system)
      #expect(try await shop.customer(.phoneNumber(Self.form)).externalID == "c1")
      #expect(try shop.store.check([RecordChecks.run]) == [])
      let unmerged = try await shop.unmerge(merge.mergeID)
      #expect(unmerged.secondary?.phoneNumber == Self.form)
      #expect(try await shop.customer(.phoneNumber(Self.form)).id == guest)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }
}

extension Shop {
  /// Gives a customer a number as an older version would have stored it, and makes the next start
  /// check all numbers again.
  fileprivate func spell(_ ref: CustomerRef.Ref, _ phone: String) async throws {
    let id = try await customer(ref).id
    try await write { transaction in
      let writer = StoreWriter(transaction, .default, CustomerTerms.rules)
      guard let row = try writer.read.customerRow(.id(id)) else { return }
      var customer = try Customer(stored: row.body)
      customer.phoneNumber = phone
      var changed = row
      changed.phone = phone
      changed.body = try customer.encoded()
      try writer.update(changed, replacing: row)
      try transaction.run(
        Query(
          "INSERT INTO phone_work (store_id, phone, aliases) VALUES ('', '', 0) ON CONFLICT DO NOTHING"
        )
      )
    }
  }

  /// Stores an opt-out of a number without a customer, as an older version did.
  fileprivate func suppressHash(of phone: String) async throws {
    try await write { transaction in
      let writer = StoreWriter(transaction, .default, CustomerTerms.rules)
      try writer.insert(
        SuppressionRow(
          channel: .sms,
          addressHash: try SuppressionReader(writer.read).hash(phone),
          reason: Int64(PatronModel.SuppressionReason.unsubscribed.rawValue),
          suppressedAt: 1_700_000_000_000_000,
          source: "",
          note: ""
        )
      )
      try writer.noteFormerSpelling()
    }
  }
}
