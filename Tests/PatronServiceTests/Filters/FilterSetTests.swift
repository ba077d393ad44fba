import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// Rules of filters as sets of customers.
struct FilterSetTests {
  /// 2024-01-31 at 12:00 UTC.
  private static let noon: Int64 = 1_706_702_400_000_000

  private func set(_ rule: FilterRule, in shop: Shop) throws -> CustomerSet {
    try shop.store.performAndWait { transaction in
      let reader = StoreWriter(transaction, .default, CustomerTerms.rules).read
      return try FilterSets.set(by: rule, "category", "filter", at: Self.noon, in: reader)
    }
  }

  @Test func everyRuleNamesItsTerms() async throws {
    try await Shop.open { shop in
      let named = try set(.sameName, in: shop)
      #expect(named == .oneOf(category: "category", values: ["filter"]))
      let any = try set(.anyOf(["a", "b"]), in: shop)
      #expect(any == .oneOf(category: "category", values: ["a", "b"]))
      let last = try set(.lastDays(30, of: "day"), in: shop)
      #expect(last == .from(category: "day", value: "0019723"))
      let before = try set(.notInLastDays(30, of: "day"), in: shop)
      #expect(before == .below(category: "day", value: "0019723"))
    }
  }

  @Test func aMonthIsThatOfTheStoresTimeZone() async throws {
    try await Shop.open { shop in
      for (zone, month) in [("", "01"), ("Pacific/Auckland", "02"), ("America/New_York", "01")] {
        _ = try await shop.customers.updateStoreSettings(
          .with { $0.settings = .with { $0.timeZone = zone } }
        )
        let present = try set(.thisMonth(of: "month"), in: shop)
        #expect(present == .oneOf(category: "month", values: [month]), "\(zone)")
      }
    }
  }
}
