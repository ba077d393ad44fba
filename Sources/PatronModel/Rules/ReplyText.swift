/// The words of a reply, normalized for look-ups: without case, accents, punctuation and emoji,
/// regardless of keyboard and font.
struct ReplyText: Sendable {
  /// The words, in order. Words that were spelled letter by letter (`S.T.O.P`) are joined.
  let words: [String]

  /// Maximum number of Unicode scalars that are read: more than the longest text message.
  private static let limit = 2_000

  /// Splits a text into words.
  init(_ text: String) {
    var words: [String] = []
    var word = String.UnicodeScalarView()
    func end() {
      if !word.isEmpty { words.append(Self.folded(String(word))) }
      word.removeAll()
    }
    for scalar in text.unicodeScalars.prefix(Self.limit) {
      if Self.isIgnored(scalar) { continue }
      for plain in (Self.plain(scalar) ?? String(scalar)).unicodeScalars {
        if Self.isPartOfWord(plain) { word.append(plain) } else { end() }
      }
    }
    end()
    self.words = Self.joiningSpelt(words.filter { !$0.isEmpty })
  }

  /// All words joined: `stop all`, `stop-all` and `stopall` are equal.
  var whole: String { words.joined() }

  /// Returns true for invisible characters: direction marks, joiners and variation selectors.
  private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x80 else { return false }
    return scalar.properties.isDefaultIgnorableCodePoint
      || scalar.category == .format
  }

  /// Returns the plain form of a stylized letter. Unicode does not define it for white letters on
  /// black.
  private static func plain(_ scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0x1F150...0x1F169: letter(scalar.value - 0x1F150)
    case 0x1F170...0x1F189: letter(scalar.value - 0x1F170)
    default: CompatibilityForms.plain(scalar)
    }
  }

  private static func letter(_ number: UInt32) -> String? {
    Unicode.Scalar(0x61 + number).map { String($0) }
  }

  private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.category {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .modifierLetter,
      .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
      true
    default: false
    }
  }

  /// Returns a word without case and accents. Marks that are vowels, as in Devanagari and Thai,
  /// stay.
  private static func folded(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { $0 < 0x80 }
    if isPlain { return word.lowercased() }
    var letters = String.UnicodeScalarView()
    for scalar in TextForm.decomposed(word.lowercased()) where !isAccent(scalar) {
      switch scalar {
      case "\u{3C2}": letters.append("\u{3C3}")
      // In Vietnamese, đ is a different letter from d and makes different words.
      case "\u{111}": letters.append(scalar)
      default: letters.append(contentsOf: (TextForm.latin[scalar] ?? String(scalar)).unicodeScalars)
      }
    }
    return TextForm.nfc(String(letters))
  }

  private static func isAccent(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Latin, Greek and Cyrillic accents; Hebrew and Arabic points; the Arabic tatweel, which only
    // stretches; the enclosing marks of emoji.
    case 0x300...0x36F, 0x591...0x5C7, 0x610...0x61A, 0x640, 0x64B...0x65F, 0x670, 0x6D6...0x6ED,
      0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x20D0...0x20FF:
      true
    default: false
    }
  }

  /// Joins runs of three or more single letters into one word.
  private static func joiningSpelt(_ words: [String]) -> [String] {
    var joined: [String] = []
    var spelt: [String] = []
    func end() {
      if spelt.count > 2 { joined.append(spelt.joined()) } else { joined += spelt }
      spelt.removeAll()
    }
    for word in words {
      if word.unicodeScalars.count == 1, word.utf8.count < 3 {
        spelt.append(word)
      } else {
        end()
        joined.append(word)
      }
    }
    end()
    return joined
  }
}

extension String {
  /// The word with runs of three or more equal characters reduced to one: `stoppppp` becomes
  /// `stop`.
  var withoutLongRuns: String {
    var result = String.UnicodeScalarView()
    var run: [Unicode.Scalar] = []
    func end() { result.append(contentsOf: run.count > 2 ? run.prefix(1) : run[...]) }
    for scalar in unicodeScalars {
      if run.first != scalar {
        end()
        run.removeAll()
      }
      run.append(scalar)
    }
    end()
    return String(result)
  }
}
