import PatronModel
import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronStore

/// Tests of search.
struct SearchTests {
  private static let people: [(id: String, email: String?, phone: String?)] = [
    ("ada", "Ada.Lovelace@Example.com", "+14155550101"),
    ("alan", "alan@turing.example.org", nil),
    ("bob", nil, "+491712345678"),
    ("odd", "o_d%d*d@odd.example.net", nil),
    ("idn", "uwe@bücher.example", nil),
    ("x", "x@xy.example.com", "+33612345678"),
    ("news", "news-2024-05@news.example", nil),
    ("dots", "dots-1.2.3@dots.example", nil),
  ]

  private func fill(_ shop: Shop, in store: String = "") async throws {
    for person in Self.people {
      try await shop.upsert(in: store) {
        $0.externalID = person.id
        $0.email = person.email
        $0.phoneNumber = person.phone
      }
    }
  }

  static let searches: [(String, [String])] = [
    ("lovelace", ["ada"]), ("LOVELACE", ["ada"]), ("  love ", ["ada"]), ("vel", ["ada"]),
    ("ada.lovelace@example.com", ["ada"]), ("example.com", ["x", "ada"]),
    ("@turing", ["alan"]), ("nobody", []),
    // One or two characters match beginnings only.
    ("a", ["alan", "ada"]), ("ad", ["ada"]), ("al", ["alan"]), ("ov", []), ("@", []),
    ("x", ["x"]), ("x@", ["x"]), ("4", ["bob"]), ("14", ["ada"]), ("01", []),
    // Phone numbers, as people write them.
    ("+1 (415) 555-0101", ["ada"]), ("4155550101", ["ada"]), ("555.0101", ["ada"]),
    ("0171 2345678", ["bob"]), ("0049 171 2345678", ["bob"]), ("2345678", ["x", "bob"]),
    ("+49171", ["bob"]), ("101", ["ada"]),
    // Text that may be part of either is searched for in both.
    ("2024-05", ["news"]), ("4-05", ["news"]), ("-2024", ["news"]), ("1.2", ["dots"]),
    ("2.3", ["dots"]), ("234-5678", ["x", "bob"]), ("2024 05", []), ("202405", []),
    // Wildcards are ordinary characters.
    ("%", []), ("_", []), ("*", []), ("\"", []), ("%%%", []), ("___", []), ("***", []),
    ("\"\"\"", []), ("o_d", ["odd"]), ("d%d", ["odd"]), ("d*d", ["odd"]), ("o%d", []),
    ("ada*", []), ("ada OR alan", []), ("NOT ada", []), ("(ada", []), ("'; --", []),
    ("a_a", []), ("tokens:ada", []),
    // Both spellings of a domain.
    ("bücher", ["idn"]), ("BÜCHER", ["idn"]), ("xn--bcher", ["idn"]), ("ü", []),
    // All trigrams occur, but not in a row.
    ("example.example", []), ("ada@example", []),
    ("   ", ["dots", "news", "x", "idn", "odd", "bob", "alan", "ada"]),
  ]

  @Test func findsFragments() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      for (query, expected) in Self.searches {
        #expect(try await shop.search(query) == expected, "\(query)")
      }
    }
  }

  @Test func followsChangesOfIdentifiers() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      try await shop.upsert {
        $0.externalID = "ada"
        $0.email = "countess@example.com"
        $0.phoneNumber = ""
      }
      #expect(try await shop.search("lovelace").isEmpty)
      #expect(try await shop.search("5550101").isEmpty)
      #expect(try await shop.search("countess") == ["ada"])
      // The index removes entries of erased customers, instead of returning them for ever.
      let key = SearchTokens.storeKey("default")
      for (text, count) in [("lovelace", 0), ("5550101", 0), ("countess", 1), ("turing", 1)] {
        guard case .fragment(let tokens, _) = SearchTokens.query(storeKey: key, text) else {
          Issue.record("\(text) is no fragment")
          continue
        }
        let match = tokens.joined(separator: " ")
        let found = try shop.rows(
          "SELECT rowid FROM customer_search WHERE customer_search MATCH '\(match)'",
          columns: 1
        )
        #expect(found.count == count, "\(text)")
      }
    }
  }

  /// Both meanings of a query are one walk of the index, newest first.
  @Test func bothMeaningsComeInOneOrder() async throws {
    try await Shop.open { shop in
      for number in 0..<12 {
        try await shop.upsert {
          $0.externalID = "c\(number)"
          $0.email = number % 2 == 0 ? "c\(number)-555-01@example.com" : nil
          $0.phoneNumber = number % 2 == 1 ? "+14155550\(100 + number)" : nil
        }
      }
      let expected = (0..<12).reversed().map { "c\($0)" }
      let filter = CustomerFilter.of([:], query: "555-01")
      for size: Int32 in [1, 5, 100] {
        #expect(try await shop.listed(filter, size: size) == expected)
        #expect(try await shop.listed(filter, sort: .updated, size: size) == expected)
      }
      #expect(try await shop.count(filter).total == 12)
      #expect(try await shop.export(filter).map(\.externalID) == expected.reversed())
      let phones = CustomerFilter.of(["contact": ["has_phone"]], query: "555-01")
      #expect(try await shop.listed(phones, size: 2) == ["c11", "c9", "c7", "c5", "c3", "c1"])
    }
  }

  @Test func aBigSearchGoesOnWhereItMayTakeItsTime() async throws {
    var limits = StoreLimits()
    limits.pointBudgetSteps = 2000
    try await Shop.open(limits: limits) { shop in
      for start in stride(from: 0, to: 3000, by: 1000) {
        _ = try await shop.customers.batchUpsertCustomers(
          .with {
            $0.customers = (start..<start + 1000).map { number in
              .with {
                $0.externalID = "c\(number)"
                // The trigrams of the query occur everywhere, the text itself once.
                $0.email = number == 7 ? "abcdef@example.com" : "abcde.cdef.\(number)@example.com"
              }
            }
          }
        )
      }
      let reader = try shop.store.makePointReader {}
      #expect(throws: StoreError.budgetExceeded) {
        try reader.read { transaction in
          try StoreReader(transaction, .default).customers(matching: "abcdef", before: .max) {
            _,
            _,
            _ in true
          }
        }
      }
      reader.endTick()
      #expect(try await shop.search("abcdef") == ["c7"])
      let page = try await shop.list("cdef", size: 3)
      #expect(page.customers.compactMap(\.externalID) == ["c2999", "c2998", "c2997"])
      let next = try await shop.list("cdef", size: 3, token: page.nextPageToken)
      #expect(next.customers.compactMap(\.externalID) == ["c2996", "c2995", "c2994"])
    }
  }
}
