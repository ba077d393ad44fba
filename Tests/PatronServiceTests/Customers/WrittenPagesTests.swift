import Foundation
import PatronProto
import PatronStore
import Testing

@testable import PatronService

/// The pages that a call writes. In a small database each table and index is one page.
@Suite("Written pages")
struct WrittenPagesTests {
  /// The record, its event with three indexes, and the number of the change.
  private static let change = [
    "customers", "events", "events_by_id", "events_by_key", "events_by_sequence",
    "store_sequences",
  ]
  private static let search = [
    "customer_search_data", "customer_search_docsize", "customer_search_idx",
  ]

  @Test func anUpsertWritesThePagesOfWhatItChanges() async throws {
    try await Shop.open { shop in
      // The first customer also begins the store, its terms and its audit log.
      try await shop.upsert {
        $0.externalID = "first"
        $0.email = "first@example.com"
      }
      let added = try await written(by: shop) {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.phoneNumber = "+14155550101"
        $0.firstName = "Ada"
      }
      let identifiers = [
        "customers_by_email", "customers_by_external_id", "customers_by_phone",
        "sqlite_autoindex_customers_1",
      ]
      let counts = ["memberships", "sequences", "terms", "terms_by_id"]
      #expect(added == (Self.change + Self.search + identifiers + counts).sorted())
      let named = try await written(by: shop) {
        $0.externalID = "c1"
        $0.firstName = "Grace"
      }
      #expect(named == Self.change)
      let addressed = try await written(by: shop) {
        $0.externalID = "c1"
        $0.email = "c2@example.com"
      }
      #expect(addressed == (Self.change + Self.search + ["customers_by_email"]).sorted())
      let unchanged = try await written(by: shop) {
        $0.externalID = "c1"
        $0.firstName = "Grace"
      }
      #expect(unchanged.isEmpty)
    }
  }

  /// Upserts a customer. Returns the tables and indexes whose pages went to the log, sorted.
  private func written(
    by shop: Shop,
    _ input: (inout CustomerInput) -> Void
  ) async throws -> [String] {
    let before = try pages(shop).count
    try await shop.upsert(input)
    let owners = try shop.rows(
      "SELECT rootpage, name FROM sqlite_schema WHERE rootpage > 0",
      columns: 2
    )
    let names = Dictionary(uniqueKeysWithValues: owners.map { ($0[0], $0[1]) })
    return try pages(shop).dropFirst(before).map { names["\($0)"] ?? "page \($0)" }.sorted()
  }

  /// Returns the numbers of the pages in the log, in its order.
  private func pages(_ shop: Shop) throws -> [Int] {
    let log = URL(fileURLWithPath: shop.store.directory.databasePath + "-wal")
    let bytes = [UInt8](try Data(contentsOf: log))
    var pages: [Int] = []
    for frame in stride(from: 32, to: bytes.count, by: 24 + 4096) {
      // Pages with other salts are left from before the log was begun anew.
      guard bytes[frame + 8..<frame + 16] == bytes[16..<24] else { break }
      pages.append(bytes[frame..<frame + 4].reduce(0) { $0 << 8 | Int($1) })
    }
    return pages
  }
}
