import PatronModel
import TestKit
import Testing

/// Opt-out words: the table of field data, and the rules behind it.
@Suite struct ReplyWordsTests {
  @Test(arguments: FieldFiles.rows("opt_out_words.tsv"))
  func readsReplies(row: [String]) {
    let text = FieldFiles.unescaped(row[0])
    #expect(ReplyWords.known.intent(of: text).rawValue == row[1], "\(row[0]): \(row[2])")
  }

  @Test func theTableHasEveryIntentAndMayBeLong() {
    let rows = FieldFiles.rows("opt_out_words.tsv")
    #expect(rows.count > 150 && rows.allSatisfy { $0.count == 3 })
    #expect(Set(rows.map { $0[1] }) == Set(ReplyIntent.allCases.map(\.rawValue)))
  }

  @Test func everyLanguageHasItsWords() {
    let languages = Set(ReplyWords.languages)
    let asked = [
      "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt",
      "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv", "zh", "ja", "ko", "ar", "he", "hi",
      "ru", "uk", "tr", "vi", "th", "id",
    ]
    #expect(languages.isSuperset(of: asked), "\(Set(asked).subtracting(languages))")
  }

  @Test func aStoreHasWordsOfItsOwn() throws {
    let words = ReplyWords(optOut: ["Aufhören", "no gracias", "R"], optIn: ["JOIN", "stop"])
    #expect(words.intent(of: "AUFHOREN!") == .optOut)
    #expect(words.intent(of: "“Aufhören” bitte") == .optOut)
    #expect(words.intent(of: "No, gracias. Adiós") == .optOut)
    #expect(words.intent(of: "Bitte mal aufhören damit") == .possibleOptOut)
    #expect(words.intent(of: "Bitte aufhören damit") == .optOut, "politeness aside")
    #expect(words.intent(of: "r") == .optOut && words.intent(of: "red") == .none)
    #expect(words.intent(of: "join") == .start && words.intent(of: "join us") == .none)
    #expect(words.intent(of: "stop") == .optOut, "an opt-out stays one")
    #expect(ReplyWords.known.intent(of: "aufhören") == .none)
  }

  @Test func ownWordsAreChecked() throws {
    #expect(try ReplyWords.checked([" weg ", "WEG", "fort"]) == ["weg", "fort"])
    let most = (1...ReplyWords.maxWords).map { "w\($0)" }
    #expect(try ReplyWords.checked(most).count == 200)
    let cases: [([String], String?)] = [
      (most + ["one"], "WORDS_TOO_MANY"), (["  "], "WORD_LENGTH"), (["!?"], "WORD_LENGTH"),
      ([String(repeating: "a", count: 65)], "WORD_LENGTH"),
      ([String(repeating: "a", count: 64)], nil), ([], nil),
    ]
    for (given, expected) in cases {
      let found = RuleError.reason { () throws(RuleError) in try ReplyWords.checked(given) }
      #expect(found == expected, "\(given.first ?? "")")
    }
  }

  @Test func aRepeatedWordIsTheSame() {
    for text in ["stopstop", "Cancel cancel CANCEL", "end end please", "unsub unsub", "取消取消"] {
      #expect(ReplyWords.known.intent(of: text) == .optOut, "\(text)")
    }
    for text in ["TT", "no no", "11", "haha"] {
      #expect(ReplyWords.known.intent(of: text) == .none, "\(text)")
    }
    let long = String(repeating: "ab", count: 900)
    #expect(ReplyWords.known.intent(of: long) == .none)
  }

  @Test func aLongTextIsReadToAnEnd() {
    let long = String(repeating: "lorem ", count: 400)
    #expect(ReplyWords.known.intent(of: "stop " + long) == .optOut)
    #expect(ReplyWords.known.intent(of: long + "stop") == .none, "nobody texts that much")
    let asian = String(repeating: "语", count: 5_000)
    #expect(ReplyWords.known.intent(of: asian) == .none)
  }
}
