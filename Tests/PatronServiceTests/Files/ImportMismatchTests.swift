import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of rows that identify another customer by a shared identifier, and of repeated rows.
struct ImportMismatchTests {
  private static let phone = "+14155550100"

  private func item(
    _ email: String?,
    _ phone: String? = nil,
    id: String? = nil,
    row: Int32 = 0,
    _ adjust: (inout ImportItem) -> Void = { _ in }
  ) -> ImportItem {
    var item = ImportItem.with {
      $0.row = row
      $0.customer = .with {
        $0.externalID = id
        $0.email = email.map { "\($0)@example.com" }
        $0.phoneNumber = phone
        if email == "ida" { $0.firstName = "Ida" }
      }
    }
    adjust(&item)
    return item
  }

  /// Creates Hal, who has the number and is subscribed.
  private func hal(_ shop: Shop) async throws -> Customer {
    try await shop.upsert {
      $0.externalID = "900"
      $0.email = "hal@example.com"
      $0.phoneNumber = Self.phone
      $0.acceptsSMSMarketing = true
      $0.acceptsEmailMarketing = true
    }
    return try await shop.customer(.externalID("900"))
  }

  private func errors(_ answer: ImportCustomersResponse) -> [String] {
    answer.results.map { $0.error?.asError.reason ?? "" }
  }

  private func warnings(_ answer: ImportCustomersResponse) -> [[String]] {
    answer.results.map { $0.warnings.map(\.reason) }
  }

  @Test func aRowWithSomebodyElsesNumberIsRejected() async throws {
    try await Shop.open { shop in
      let hal = try await hal(shop)
      let items = [item("ida", Self.phone, row: 17)]
      let before = try shop.image()
      for dryRun in [true, false] {
        for policy in [OnMismatch.unspecified, .reject] {
          let answer = try await shop.import(items) {
            $0.validateOnly = dryRun
            $0.onMismatch = policy
          }
          let error = try #require(answer.results[0].error?.asError)
          #expect(error.code == .failedPrecondition && error.reason == "IDENTIFIER_MISMATCH")
          #expect(
            error.metadata
              == ["row": "17", "customer_id": String(hal.id), "field": "phone_number"]
          )
          #expect(answer.counts?.rejected == 1)
        }
      }
      #expect(try shop.image() == before)
      let kept = try await shop.import(items) { $0.onMismatch = .keep }
      #expect(kept.results[0].outcome == .created && warnings(kept) == [["IDENTIFIER_KEPT"]])
      let ida = try await shop.customer(.email("ida@example.com"))
      #expect(ida.id == kept.results[0].customerID && ida.phoneNumber == nil)
      #expect(try await shop.customer(.externalID("900")) == hal)
      let again = try await shop.import(items) { $0.onMismatch = .keep }
      #expect(again.results[0].outcome == .unchanged && warnings(again) == [["IDENTIFIER_KEPT"]])
      let unknown = try await violations {
        try await shop.import(items) { $0.onMismatch = OnMismatch(rawValue: 3) }
      }
      #expect(unknown == [Broken("on_mismatch", "ENUM_VALUE_UNKNOWN")])
      #expect(try shop.findings() == [])
    }
  }

  @Test func twoPeopleAreNeverMerged() async throws {
    try await Shop.open { shop in
      let mail = try await shop.upsert { $0.email = "ann@example.com" }.customer?.id ?? 0
      let phone = try await shop.upsert { $0.phoneNumber = Self.phone }.customer?.id ?? 0
      let known = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }.customer?.id
      let answer = try await shop.import([
        item("ann", Self.phone), item("c1", Self.phone, id: "c1"), item("ann", id: "c1"),
        item("c1", id: "c2"),
      ])
      #expect(errors(answer) == Array(repeating: "IDENTIFIER_MISMATCH", count: 4))
      #expect(
        answer.results.map { $0.error?.asError.metadata["customer_id"] }
          == [String(phone), String(phone), String(mail), known.map(String.init)]
      )
      #expect(answer.results.map { $0.error?.asError.metadata["row"] } == ["1", "2", "3", "4"])
      #expect(try await shop.list().customers.count == 3)
      // An identifier without an owner is accepted. With the shop's own identifier it also replaces
      // the stored value.
      let free = try await shop.import([
        item("new", "+14155550111", id: "c1"), item("ann", "+14155550112"),
        item("fay", Self.phone),
      ])
      #expect(free.counts?.updated == 3 && warnings(free) == [[], [], []])
      #expect(try await shop.customer(.externalID("c1")).email == "new@example.com")
      #expect(try await shop.customer(.phoneNumber("+14155550112")).id == mail)
      #expect(try await shop.customer(.email("fay@example.com")).id == phone)
      // Now each customer has both, and a row that would replace one of them identifies another
      // person.
      let replacing = try await shop.import([
        item("ann", "+14155550119"), item("gus", Self.phone),
      ])
      #expect(errors(replacing) == ["IDENTIFIER_MISMATCH", "IDENTIFIER_MISMATCH"])
      let kept = try await shop.import([item("ann", "+14155550119"), item("gus", Self.phone)]) {
        $0.onMismatch = .keep
      }
      #expect(kept.results.map(\.outcome) == [.unchanged, .created])
      #expect(warnings(kept) == [["IDENTIFIER_KEPT"], ["IDENTIFIER_KEPT"]])
      #expect(try shop.findings() == [])
    }
  }

  @Test func rowsThatComeTwiceAreTold() async throws {
    try await Shop.open { shop in
      let items = [
        item("ann", Self.phone, row: 10), item("ann", row: 11), item(nil, Self.phone, row: 12),
        item("bob", Self.phone, row: 13), item("ann", "+14155550109", row: 14),
        item("c1", id: "c1", row: 15), item("c1-new", id: "c1", row: 16),
        item("c1-new", id: "c2", row: 17), item("cyd", row: 18),
      ]
      let before = try shop.image()
      let dry = try await shop.import(items) { $0.validateOnly = true }
      #expect(try shop.image() == before)
      let done = try await shop.import(items)
      for answer in [dry, done] {
        let mismatch = "IDENTIFIER_MISMATCH"
        #expect(errors(answer) == ["", "", "", mismatch, mismatch, "", "", mismatch, ""])
        let twice = ["DUPLICATE_ROW"]
        #expect(warnings(answer) == [[], twice, twice, [], [], [], twice, [], []])
        #expect(answer.results[2].warnings[0].message.contains("Row 10 "))
        #expect(answer.results[6].warnings[0].message.contains("Row 15 "))
        let rows = answer.results.compactMap { $0.error?.asError.metadata["other_row"] }
        #expect(rows == ["10", "10", "15"])
      }
      #expect(try await shop.list().customers.count == 3)
      // With `keep` the second person is a customer of their own.
      let kept = try await shop.import([item("dot", "+14155550150"), item("eli", "+14155550150")]) {
        $0.onMismatch = .keep
      }
      #expect(kept.results.map(\.outcome) == [.created, .created])
      #expect(warnings(kept) == [[], ["IDENTIFIER_KEPT"]])
      // In another request no row is a repeat.
      #expect(warnings(try await shop.import([items[0]])) == [[]])
    }
  }

  @Test func whatIsSaidAgainstALeftNumberCountsForTheNumber() async throws {
    try await Shop.open { shop in
      _ = try await hal(shop)
      let answer = try await shop.import([
        item("ida", Self.phone) {
          $0.subscriptions = [
            .with {
              $0.channel = .sms
              $0.state = .unsubscribed
              $0.changedAt = .at(1_700_000_000)
            }
          ]
          $0.suppressions = [
            .with {
              $0.channel = .sms
              $0.reason = .invalidAddress
            }
          ]
        }
      ]) { $0.onMismatch = .keep }
      #expect(answer.results[0].outcome == .created, "\(answer)")
      let status = try await shop.status(.sms, of: .externalID("900"))
      #expect(!status.canReceive)
      #expect(
        Set(status.suppressions.map(\.reason)) == [.unsubscribed, .invalidAddress]
      )
      #expect(try await shop.found(["sms": ["suppressed"]]) == ["900"])
      #expect(try shop.findings() == [])
    }
  }
}
