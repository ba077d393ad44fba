/// A customer's tags: in the given order, unique without regard to case, in their first spelling.
package struct TagSet: Sendable, Hashable {
  /// Maximum number of tags.
  package static let countLimit = 250
  /// Maximum length of a tag, in Unicode scalars.
  package static let lengthLimit = 255

  /// The tags, trimmed, in Unicode normalization form C. None is empty or contains a comma.
  package let tags: [String]

  /// Reads tags separated by commas, such as `vip, gold`. Empty tags are dropped.
  ///
  /// - Throws: `TAG_TOO_LONG`, `TAG_HAS_CONTROL_CHARACTER`, `TAGS_TOO_MANY`.
  package init(commaSeparated text: String) throws(RuleError) {
    let parts = text.unicodeScalars.split(separator: ",")
    try self.init(parts: parts.map { String(Substring($0)) })
  }

  /// Takes a list of tags. Empty tags are dropped.
  ///
  /// - Throws: `TAG_HAS_COMMA`, and the errors of ``init(commaSeparated:)``.
  package init(_ tags: [String]) throws(RuleError) {
    if let tag = tags.first(where: { $0.unicodeScalars.contains(",") }) {
      throw RuleError(
        reason: "TAG_HAS_COMMA",
        message: "A tag holds a comma, which separates tags. Send it as two tags.",
        given: tag
      )
    }
    try self.init(parts: tags)
  }

  /// Reads tags separated by commas as ``init(commaSeparated:)`` does, but drops tags that violate
  /// a rule or exceed the maximum number. `report` receives the violation of each.
  package init(validOf text: String, report: (RuleError) -> Void) {
    var valid: [String] = []
    for part in text.unicodeScalars.split(separator: ",") {
      let tag = TextForm.nfc(TextForm.trimmed(String(Substring(part))))
      do throws(RuleError) {
        try Self.check(tag)
        valid.append(tag)
      } catch {
        report(error)
      }
    }
    var seen: Set<String> = []
    let all = valid.filter { !$0.isEmpty && seen.insert(TextForm.folded($0)).inserted }
    if all.count > Self.countLimit { report(Self.tooMany(all.count)) }
    tags = Array(all.prefix(Self.countLimit))
  }

  private init(parts: [String]) throws(RuleError) {
    var seen: Set<String> = []
    var kept: [String] = []
    for part in parts {
      let tag = TextForm.nfc(TextForm.trimmed(part))
      guard !tag.isEmpty, seen.insert(TextForm.folded(tag)).inserted else { continue }
      try Self.check(tag)
      kept.append(tag)
    }
    guard kept.count <= Self.countLimit else { throw Self.tooMany(kept.count) }
    tags = kept
  }

  private static func tooMany(_ count: Int) -> RuleError {
    RuleError(
      reason: "TAGS_TOO_MANY",
      message: "There are \(count) tags; at most \(countLimit) are allowed."
    )
  }

  /// The tags joined by commas, as in the contract.
  package var commaSeparated: String { tags.joined(separator: ",") }

  /// Returns the form in which spellings of one tag are equal, to compare and count tags.
  package static func key(_ tag: String) -> String {
    TextForm.folded(TextForm.trimmed(tag))
  }

  private static func check(_ tag: String) throws(RuleError) {
    let count = tag.unicodeScalars.count
    guard count <= lengthLimit else {
      throw RuleError(
        reason: "TAG_TOO_LONG",
        message: "A tag has \(count) characters; at most \(lengthLimit) are allowed. Shorten it.",
        given: tag
      )
    }
    guard tag.unicodeScalars.allSatisfy({ $0.category != .control }) else {
      throw RuleError(
        reason: "TAG_HAS_CONTROL_CHARACTER",
        message: "A tag holds a control character. Remove it.",
        given: tag
      )
    }
  }
}
