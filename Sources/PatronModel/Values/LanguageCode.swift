/// A language by its ISO 639-1 code, with the full tag it was given in.
package struct LanguageCode: Sendable, Hashable {
  /// Maximum length of a tag, in characters.
  package static let tagLimit = 64

  /// Two lower-case letters, such as `en`.
  package let code: String
  /// The full tag as given, such as `zh-Hans-CN`; nil if it was the language alone.
  package let locale: String?

  /// Accepts a code (`en`, `EN`) or a tag that begins with one (`en-US`, `en_US`); the retired
  /// codes `iw`, `in`, `ji` and `mo` become `he`, `id`, `yi` and `ro`.
  ///
  /// - Throws: `LANGUAGE_UNKNOWN`, `LANGUAGE_TAG_MALFORMED`.
  package init(_ text: String) throws(RuleError) {
    let tag = TextForm.trimmed(text)
    let subtags = tag.utf8.split(omittingEmptySubsequences: false) {
      $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
    let wellFormed = subtags.allSatisfy { subtag in
      (1...8).contains(subtag.count) && subtag.allSatisfy(Self.isAlphanumeric)
    }
    guard wellFormed, tag.utf8.count <= Self.tagLimit, let first = subtags.first else {
      throw RuleError(
        reason: "LANGUAGE_TAG_MALFORMED",
        message: """
          The language is malformed. Expected is a two-letter ISO 639-1 code such as en, or a tag \
          that begins with one, such as en-US.
          """,
        given: text
      )
    }
    let given = String(Substring(first)).lowercased()
    let code = Self.retired[given] ?? given
    guard Self.codes.contains(code) else {
      throw RuleError(
        reason: "LANGUAGE_UNKNOWN",
        message: "The language is not in ISO 639-1. Expected is a two-letter code such as en.",
        given: text
      )
    }
    self.code = code
    locale = subtags.count > 1 ? tag : nil
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }

  private static let retired = ["iw": "he", "in": "id", "ji": "yi", "mo": "ro"]

  /// All 183 codes of ISO 639-1, lower case.
  package static let codes = Set(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
    de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy
    hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg
    li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or
    os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta
    te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split { $0.isWhitespace }.map(String.init)
  )
}
