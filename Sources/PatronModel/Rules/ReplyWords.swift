/// The intent of a reply to a message.
package enum ReplyIntent: String, Sendable, Hashable, CaseIterable {
  /// The customer wants no more messages.
  case optOut = "opt_out"
  /// The customer may want no more messages: an opt-out word stands among others.
  case possibleOptOut = "possible"
  /// The customer wants messages again.
  case start
  /// The customer asks for help.
  case help
  /// The reply is about something else.
  case none
}

/// The words that decide the intent of a reply: known words of all languages, and a store's own.
///
/// The whole text and its first words are looked up, in any spelling, and without polite phrases.
/// In doubt a reply opts out: further words, as in `Stop. Thank you`, do not take it back. Words
/// that begin many other sentences, such as `cancel`, count only as the whole text. If such a word
/// stands elsewhere, or a sign such as 🛑 stands alone, the reply is a possible opt-out for a person
/// to read. To opt in, the word must be the whole text.
package struct ReplyWords: Sendable {
  /// Maximum number of a store's own words of each kind.
  package static let maxWords = 200
  /// Maximum length of a store's own word, in characters.
  package static let maxLength = 64

  /// The languages with known words, by ISO 639-1.
  package static let languages = KeywordTable.all.map(\.language)

  /// The known words alone.
  package static let known = ReplyWords()

  private let ownStops: [ReplyText]
  private let ownStarts: Set<String>

  /// Adds a store's own words to the known ones. They opt out as `stop` does, and opt in as `start`
  /// does.
  package init(optOut: [String] = [], optIn: [String] = []) {
    ownStops = optOut.map(ReplyText.init).filter { !$0.words.isEmpty }
    ownStarts = Set(optIn.map { ReplyText($0).whole }.filter { !$0.isEmpty })
  }

  /// Checks a store's own words. Returns them trimmed and without duplicates.
  ///
  /// - Throws: `WORDS_TOO_MANY`, `WORD_LENGTH`.
  package static func checked(_ words: [String]) throws(RuleError) -> [String] {
    guard words.count <= maxWords else {
      throw RuleError(
        reason: "WORDS_TOO_MANY",
        message: "The list has \(words.count) words; at most \(maxWords) are taken. Leave some out."
      )
    }
    var taken: [String] = []
    var seen: Set<String> = []
    for word in words {
      let trimmed = TextForm.trimmed(word)
      let whole = ReplyText(trimmed).whole
      guard !whole.isEmpty, trimmed.unicodeScalars.count <= maxLength else {
        throw RuleError(
          reason: "WORD_LENGTH",
          message: "A word is empty or too long. Expected are 1 to \(maxLength) characters with a "
            + "letter or digit among them.",
          given: word
        )
      }
      if seen.insert(whole).inserted { taken.append(trimmed) }
    }
    return taken
  }

  /// Returns the intent of a text.
  package func intent(of text: String) -> ReplyIntent {
    let words = ReplyText(text).words
    if words.isEmpty { return KeywordTable.hasSign(text) ? .possibleOptOut : .none }
    let index = KeywordIndex.shared
    let said = index.withoutPoliteness(words)
    let whole = words.joined()
    let core = said.joined()
    if optsOut(whole, core, index) || beginsWithStop(words, index) || beginsWithStop(said, index) {
      return .optOut
    }
    if index.startsCommonly(said) || mayOptOut(words, index) { return .possibleOptOut }
    if ownStarts.contains(whole) || ownStarts.contains(core) { return .start }
    return index.answers[core] ?? index.answers[whole] ?? .none
  }

  private func optsOut(_ whole: String, _ core: String, _ index: KeywordIndex) -> Bool {
    [whole, core, core.withoutLongRuns].contains { text in
      index.stops.contains(text) || ownStops.contains { $0.whole == text }
        || index.stops.contains(index.withoutEndings(text)) || index.isRepeated(text)
    }
  }

  private func beginsWithStop(_ words: [String], _ index: KeywordIndex) -> Bool {
    if index.strong(at: words[...]) { return true }
    let first = words[0]
    let forms = [
      first.withoutLongRuns, index.withoutEndings(first), first.withoutNumber,
      first.repeatedPart ?? first,
    ]
    return forms.contains { index.isStrong($0) }
      || ownStops.contains { words.starts(with: $0.words) || first == $0.whole }
  }

  private func mayOptOut(_ words: [String], _ index: KeywordIndex) -> Bool {
    if index.startsCommonly(words) { return true }
    for place in words.indices {
      if index.strong(at: words[place...]) || index.isWeak(at: words[place...])
        || index.isNear(words[place]) || index.isInside(words[place])
      {
        return true
      }
      let isOwn = ownStops.contains { own in
        words[place...].starts(with: own.words)
          || own.whole.unicodeScalars.count > 3 && words[place].hasPrefix(own.whole)
      }
      if isOwn { return true }
    }
    return false
  }
}

/// The table of keywords, indexed for look-ups.
private struct KeywordIndex: Sendable {
  static let shared = KeywordIndex()

  /// Opt-out texts, their words joined.
  private(set) var stops: Set<String> = []
  /// Opt-out texts that also opt out when repeated.
  private var repeatable: Set<String> = []
  /// The intents of opt-in and help texts, their words joined.
  private(set) var answers: [String: ReplyIntent] = [:]
  private var strong: Set<[String]> = []
  private var strongJoined: Set<String> = []
  private var weak: Set<[String]> = []
  private var common: Set<[String]> = []
  /// Prefixes of opt-out words, by their first three letters.
  private var stems: [Substring: [String]] = [:]
  /// Prefixes of words that may opt out.
  private var near: [String] = []
  /// Opt-out words that may stand inside other words, in scripts without spaces.
  private var inside: Set<String> = []
  private var insideStarts: Set<Unicode.Scalar> = []
  private var insideLengths: ClosedRange<Int> = 2...2
  private var polite: Set<[String]> = []
  private var endings: [String] = []
  private var beginnings: [String] = []

  private static let longest = 5

  private init() {
    for table in KeywordTable.all {
      for word in Self.split(table.stop) { addStop(word) }
      for word in Self.split(table.whole) {
        weak.insert(word.words)
        stops.insert(word.whole)
        repeatable.insert(word.whole)
        addInside(word)
      }
      for word in Self.split(table.common) {
        common.insert(word.words)
        stops.insert(word.whole)
        repeatable.insert(word.whole)
      }
      for word in Self.split(table.only) { stops.insert(word.whole) }
      for word in Self.split(table.help) { answers[word.whole] = .help }
    }
    for table in KeywordTable.all {
      for word in Self.split(table.start) { answers[word.whole] = .start }
    }
    near = Self.split(KeywordTable.near).map(\.whole)
    polite = Set(Self.split(KeywordTable.polite).map(\.words))
    endings = Self.split(KeywordTable.politeEndings).map(\.whole).sorted { $0.count > $1.count }
    beginnings = Self.split(KeywordTable.politeBeginnings).map(\.whole)
    insideStarts = Set(inside.compactMap(\.unicodeScalars.first))
    let lengths = inside.map(\.unicodeScalars.count)
    insideLengths = (lengths.min() ?? 2)...(lengths.max() ?? 2)
  }

  private struct Entry {
    let words: [String]
    let isStem: Bool
    var whole: String { words.joined() }
  }

  private static func split(_ list: String) -> [Entry] {
    list.split(separator: ",").map {
      Entry(words: ReplyText(String($0)).words, isStem: $0.contains("*"))
    }
  }

  private mutating func addStop(_ word: Entry) {
    stops.insert(word.whole)
    repeatable.insert(word.whole)
    strong.insert(word.words)
    strongJoined.insert(word.whole)
    addInside(word)
    guard word.isStem else { return }
    stems[word.whole.prefix(3), default: []].append(word.whole)
  }

  private mutating func addInside(_ word: Entry) {
    let whole = word.whole
    guard whole.unicodeScalars.count > 1, Self.lacksSpaces(whole) else { return }
    inside.insert(whole)
  }

  /// Returns true if a word is in a script with few or no spaces.
  private static func lacksSpaces(_ word: String) -> Bool {
    word.unicodeScalars.contains { scalar in
      switch scalar.value {
      case 0xE00...0xE7F, 0x3040...0x30FF, 0x3400...0x9FFF, 0xAC00...0xD7AF: true
      default: false
      }
    }
  }

  /// Returns true if a text that begins with this word opts out.
  func isStrong(_ word: String) -> Bool {
    strongJoined.contains(word)
      || stems[word.prefix(3)]?.contains { word.hasPrefix($0) } ?? false
  }

  /// Returns true if a text is a repeated opt-out text: `stopstop`.
  func isRepeated(_ text: String) -> Bool {
    text.repeatedPart.map { repeatable.contains($0) } ?? false
  }

  /// Returns true if opt-out words stand first.
  func strong(at words: ArraySlice<String>) -> Bool {
    if let first = words.first, isStrong(first) { return true }
    return begins(words, with: strong)
  }

  func isWeak(at words: ArraySlice<String>) -> Bool { begins(words, with: weak) }

  func startsCommonly(_ words: [String]) -> Bool { begins(words[...], with: common) }

  private func begins(_ words: ArraySlice<String>, with set: Set<[String]>) -> Bool {
    (1...Self.longest).contains { count in
      count <= words.count && set.contains(Array(words.prefix(count)))
    }
  }

  /// Returns true if a word has a prefix of words that may opt out.
  func isNear(_ word: String) -> Bool { near.contains { word.hasPrefix($0) } }

  /// Returns true if a word contains an opt-out word.
  func isInside(_ word: String) -> Bool {
    guard Self.lacksSpaces(word) else { return false }
    let scalars = Array(word.unicodeScalars)
    for place in scalars.indices where insideStarts.contains(scalars[place]) {
      for length in insideLengths where place + length <= scalars.count {
        var part = String.UnicodeScalarView()
        part.append(contentsOf: scalars[place..<(place + length)])
        if inside.contains(String(part)) { return true }
      }
    }
    return false
  }

  /// Returns the words without polite phrases at both ends. At least one word is left.
  func withoutPoliteness(_ words: [String]) -> [String] {
    var rest = words[...]
    var isChanged = true
    while isChanged, !rest.isEmpty {
      isChanged = false
      for count in (1...4).reversed() where count < rest.count {
        if polite.contains(Array(rest.prefix(count))) {
          rest = rest.dropFirst(count)
          isChanged = true
        } else if polite.contains(Array(rest.suffix(count))) {
          rest = rest.dropLast(count)
          isChanged = true
        }
      }
    }
    return Array(rest)
  }

  /// Returns a word without polite endings and beginnings, in scripts without spaces.
  func withoutEndings(_ word: String) -> String {
    guard Self.lacksSpaces(word) else { return word }
    var rest = word[...]
    var isChanged = true
    while isChanged {
      isChanged = false
      if let ending = endings.first(where: { rest.hasSuffix($0) && rest != $0 }) {
        rest = rest.dropLast(ending.count)
        isChanged = true
      }
      if let beginning = beginnings.first(where: { rest.hasPrefix($0) && rest != $0 }) {
        rest = rest.dropFirst(beginning.count)
        isChanged = true
      }
      if stops.contains(String(rest)) { break }
    }
    return String(rest)
  }
}

extension String {
  /// The word without a number at its end: `stop1` becomes `stop`.
  fileprivate var withoutNumber: String {
    var rest = self[...]
    while let last = rest.last, ("0"..."9").contains(last) { rest.removeLast() }
    return String(rest)
  }

  /// The shortest text whose repetition makes up this one; nil if there is none.
  fileprivate var repeatedPart: String? {
    let scalars = Array(unicodeScalars)
    guard scalars.count > 1 else { return nil }
    for length in 1...(scalars.count / 2) where scalars.count % length == 0 {
      guard scalars.dropFirst(length).elementsEqual(scalars.dropLast(length)) else { continue }
      var part = String.UnicodeScalarView()
      part.append(contentsOf: scalars.prefix(length))
      return String(part)
    }
    return nil
  }
}
