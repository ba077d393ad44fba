import PatronModel
import Testing

@Suite struct ValuesSearchTests {
  /// Published FNV-1a test vectors.
  @Test(arguments: [("", UInt32(0x811C_9DC5)), ("a", 0xE40C_292C), ("foobar", 0xBF9C_F968)])
  func storeKeys(store: String, expected: UInt32) {
    #expect(SearchTokens.storeKey(store) == expected)
  }

  @Test func tokensOfOneRecord() {
    let tokens = SearchTokens.tokens(storeKey: 0xAB, email: "a@b.c", phoneDigits: "4912")
    #expect(
      tokens == [
        "000000abt614062", "000000abt40622e", "000000abt622e63", "000000abp61", "000000abp6140",
        "000000abt343931", "000000abt393132", "000000abp34", "000000abp3439",
      ]
    )
    #expect(SearchTokens.tokens(storeKey: 1, email: nil, phoneDigits: nil) == [])
    let repeated = SearchTokens.tokens(storeKey: 1, email: "aaaaaa", phoneDigits: nil)
    #expect(repeated == ["00000001t616161", "00000001p61", "00000001p6161"])
  }

  @Test(arguments: [
    ("  Ada@Example ", ["ada@example"]), ("+1 (415) 555-0100", ["14155550100"]),
    ("(415)", ["415"]), ("+49", ["+49", "49"]), ("415.555", ["415.555", "415555"]),
    ("4-05", ["4-05", "405"]), ("0171 1234567", ["1711234567"]),
    ("01711234567", ["01711234567", "1711234567"]), ("0049 171 1234567", ["491711234567"]),
    ("0100", ["0100"]), ("000000", ["000000"]), ("00000000", ["00000000"]), ("a-1", ["a-1"]),
    ("%", ["%"]), ("...", ["..."]), ("CAF\u{C9}", ["caf\u{E9}"]), ("  ", []),
    ("\u{0661}\u{0662}\u{0663}", ["\u{0661}\u{0662}\u{0663}", "123"]),
  ])
  func needles(given: String, expected: [String]) {
    #expect(SearchText.needles(given) == expected)
  }

  @Test func kindsOfQueries() {
    #expect(SearchTokens.query(storeKey: 1, " ") == .nothing)
    #expect(SearchTokens.query(storeKey: 1, "A") == .prefix(token: "00000001p61", needle: "a"))
    #expect(
      SearchTokens.query(storeKey: 1, "+4 9") == .prefix(token: "00000001p3439", needle: "49")
    )
    #expect(
      SearchTokens.query(storeKey: 1, "1.2")
        == .any([
          .fragment(tokens: ["00000001t312e32"], needle: "1.2"),
          .prefix(token: "00000001p3132", needle: "12"),
        ])
    )
    #expect(
      SearchTokens.query(storeKey: 1, "\u{E9}") == .prefix(token: "00000001pc3a9", needle: "\u{E9}")
    )
    #expect(
      SearchTokens.query(storeKey: 1, "abab")
        == .fragment(tokens: ["00000001t616261", "00000001t626162"], needle: "abab")
    )
    #expect(
      SearchTokens.query(storeKey: 1, "aaaa")
        == .fragment(tokens: ["00000001t616161"], needle: "aaaa")
    )
  }

  @Test(arguments: [
    ("a", true), ("ad", true), ("ada", true), ("ada.l@ex", true), ("@example.com", true),
    (".l", false),
    ("ADA.L@EXAMPLE.COM", true), ("d", false), ("4", true), ("+49", true), ("17", false),
    ("171 123", true), ("0171 1234567", true), ("+49 (171) 1234567", true), ("567", true),
    ("adl", false), ("1234568", false), ("ada.l@example.common", false), ("", false),
  ])
  func finds(text: String, expected: Bool) throws {
    let key = try EmailAddress("Ada.L@example.com").key
    let digits = try PhoneNumber("+491711234567").digits
    let record = Set(SearchTokens.tokens(storeKey: 7, email: key, phoneDigits: digits))
    let query = SearchTokens.query(storeKey: 7, text)
    #expect(query.matches(emailKey: key, phoneDigits: digits) == expected)
    // Every matching record is among those that the index offers.
    #expect(!expected || Self.offers(record, query))
    if case .prefix(let token, _) = query { #expect(record.contains(token) == expected) }
  }

  /// Returns true if the index offers a record with these tokens.
  private static func offers(_ record: Set<String>, _ query: SearchQuery) -> Bool {
    switch query {
    case .fragment(let tokens, _): record.isSuperset(of: tokens)
    case .prefix(let token, _): record.contains(token)
    case .any(let queries): queries.contains { offers(record, $0) }
    case .nothing: false
    }
  }

  @Test(arguments: ["m\u{FC}n", "@M\u{DC}NCHEN", "xn--mn", "nchen.de"])
  func findsInternationalDomains(text: String) throws {
    let key = try EmailAddress("info@m\u{FC}nchen.de").key
    #expect(SearchText.forms(emailKey: key) == [key, "info@m\u{FC}nchen.de"])
    let record = Set(SearchTokens.tokens(storeKey: 7, email: key, phoneDigits: nil))
    guard case .fragment(let tokens, _) = SearchTokens.query(storeKey: 7, text) else {
      Issue.record("\(text) is no fragment")
      return
    }
    let query = SearchTokens.query(storeKey: 7, text)
    let matches = query.matches(emailKey: key, phoneDigits: nil)
    #expect(record.isSuperset(of: tokens))
    #expect(matches)
  }

  /// The index finds every fragment of a record, and only in that record's store.
  @Test(arguments: ["zo\u{EB}.o'neil+x@sub.example.co", "n-2024-05.1+4/2@1.example.co"])
  func everyFragmentIsFound(email: String) {
    let record = Set(SearchTokens.tokens(storeKey: 7, email: email, phoneDigits: nil))
    let scalars = Array(email.unicodeScalars)
    for start in scalars.indices {
      for end in (start + 1)...scalars.count {
        let text = String(String.UnicodeScalarView(scalars[start..<end]))
        let query = SearchTokens.query(storeKey: 7, text)
        guard text.utf8.count >= 3 else { continue }
        let isFound = Self.offers(record, query)
        #expect(isFound && query.matches(emailKey: email, phoneDigits: nil), "\(text)")
        #expect(!Self.offers(record, SearchTokens.query(storeKey: 8, text)))
      }
    }
  }

  @Test func tokensAreAlphanumeric() {
    let tokens = SearchTokens.tokens(
      storeKey: .max,
      email: "\u{E9}_%'\"@x.y",
      phoneDigits: "1234567"
    )
    for token in tokens {
      #expect(token.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
    }
  }

  @Test func searchesHaveALimit() {
    #expect(
      RuleError.reason { () throws(RuleError) in try SearchText.check(String.letters(255)) } == nil
    )
    #expect(
      RuleError.reason { () throws(RuleError) in try SearchText.check(String.letters(256)) }
        == "SEARCH_TOO_LONG"
    )
  }
}
