import TestKit
import Testing

@testable import PatronModel

/// Tests of the search without regard to case, against a search in the folded text.
struct FoldedNeedleTests {
  /// Searches in the folded text, byte by byte.
  private static func occurs(_ needle: String, in text: String) -> Bool {
    let needle = Array(CaseFolding.folded(needle).utf8)
    let text = Array(CaseFolding.folded(text).utf8)
    guard needle.count <= text.count else { return false }
    return (0...text.count - needle.count).contains {
      text[$0..<$0 + needle.count].elementsEqual(needle)
    }
  }

  private static func found(_ needle: String, in text: String) -> Bool? {
    FoldedNeedle(needle)?.occurs(in: Array(text.utf8).span.bytes)
  }

  @Test(arguments: [
    ("parcel", "Where is my Parcel?", true), ("KÖLN", "Grüsse aus köln", true),
    ("aab", "aaab", true), ("abab", "abacabab", true), ("abcabd", "abcabcabd", true),
    ("x", "", false), ("long", "lon", false), ("k", "\u{212A}elvin", true),
    // A mark changes the letter before it, however the letter is written.
    ("cafe", "cafe\u{301}", false), ("café", "CAFE\u{301}!", true), ("e", "e\u{301}e", true),
    ("i", "\u{130}", true), ("日本", "in 日本語", true), ("ﬁ", "ﬁn", true), ("🎁", "a🎁", true),
  ])
  func findsWhatIsThere(_ needle: String, _ text: String, _ expected: Bool) {
    #expect(Self.found(needle, in: text) == expected)
    #expect(Self.occurs(needle, in: text) == expected)
  }

  @Test func theEmptyFragmentIsNone() { #expect(FoldedNeedle("") == nil) }

  /// Pieces that normalization or folding joins, changes, or leaves alone.
  private static let pieces: [String] = [
    "a", "A", "b", "e", "E", "i", "I", "k", " ", "ss", "o", "é", "É", "ż", "Ż", "ß", "ẞ", "İ", "ı",
    "Å", "\u{212B}", "\u{212A}", "Σ", "ς", "Ω", "\u{2126}", "Я", "й", "\u{301}", "\u{307}",
    "\u{30A}", "\u{323}", "\u{306}", "\u{345}", "日", "本", "か", "\u{3099}", "が", "가", "각",
    "\u{1100}", "\u{1161}", "\u{11A8}", "ﬁ", "Ǆ", "ǅ", "Ⱥ", "\u{37E}", "\u{344}", "\u{958}",
    "\u{9C7}", "\u{9BE}", "–", "’", "€", "🎁", "👩🏽", "\u{10400}", "א", "\u{5B4}", "ש", "\u{5BC}",
  ]

  @Test(arguments: SeededRandom.seeds(1...40))
  func findsWhatASearchOfTheFoldedTextFinds(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<400 {
      // A small alphabet makes partial matches frequent.
      let alphabet = (0..<1 + random.below(5)).map { _ in
        Self.pieces[random.below(Self.pieces.count)]
      }
      func text(below count: Int) -> String {
        (0..<1 + random.below(count)).map { _ in alphabet[random.below(alphabet.count)] }.joined()
      }
      let needle = text(below: 6)
      let hay = text(below: 40)
      #expect(
        Self.found(needle, in: hay) == Self.occurs(needle, in: hay),
        "seed \(seed): \(needle.debugDescription) in \(hay.debugDescription)"
      )
    }
  }

  /// The scalars that the search folds alone are what it takes them for, behind any letter.
  @Test func scalarsThatAreFoldedAloneNeverCompose() {
    var wrong: [UInt32] = []
    func check(_ value: UInt32, _ lower: UInt32) {
      guard let scalar = Unicode.Scalar(value), let lower = Unicode.Scalar(lower) else { return }
      for before in ["a", "o", "u", "か", "가", "س"] {
        let folded = CaseFolding.folded(before + String(scalar)).unicodeScalars
        if !folded.elementsEqual((before + String(lower)).unicodeScalars) { wrong.append(value) }
      }
    }
    for (index, lower) in FoldedScalars.lowerCase.enumerated() where lower != 0 {
      check(UInt32(index) + 0x80, UInt32(lower))
    }
    for range in FoldedScalars.caseless { for value in range { check(value, value) } }
    #expect(wrong == [])
  }
}
