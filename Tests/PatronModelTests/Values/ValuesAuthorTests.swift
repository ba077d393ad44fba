import PatronModel
import Testing

@Suite struct ValuesAuthorTests {
  @Test(arguments: [
    ("", ""), ("agent7", "agent7"), (" Zoë \t", "Zoë"), ("a b", "a b"),
    (String.letters(64), String.letters(64)), (" " + String.letters(64), String.letters(64)),
    (String(repeating: "\u{1F600}", count: 64), String(repeating: "\u{1F600}", count: 64)),
  ])
  func takesOneLineOnBehalfOfSomebody(given: String, expected: String) throws {
    #expect(try Author.onBehalfOf(given) == expected)
  }

  @Test(arguments: [
    (String.letters(65), "TEXT_TOO_LONG"), ("a\u{0}b", "TEXT_HAS_CONTROL_CHARACTER"),
    ("a\nb", "TEXT_HAS_CONTROL_CHARACTER"), ("a\tb", "TEXT_HAS_CONTROL_CHARACTER"),
    ("a\u{1B}[31mb", "TEXT_HAS_CONTROL_CHARACTER"), ("a\u{2028}b", "TEXT_HAS_CONTROL_CHARACTER"),
  ])
  func refusesOtherTexts(given: String, expected: String) {
    #expect(RuleError.reason { () throws(RuleError) in try Author.onBehalfOf(given) } == expected)
  }

  @Test func anAuthorIsAKeyOrAText() {
    #expect(Author.none.isEmpty && Author().isEmpty)
    #expect(!Author(keyID: "k").isEmpty && !Author(onBehalfOf: "x").isEmpty)
  }
}
