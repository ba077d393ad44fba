/// The identifier that the shop itself gives a customer: opaque and case-sensitive.
///
/// 1 to 255 Unicode scalars after trimming, without control characters. Placeholders that shops
/// send instead of an identifier are rejected, because they would make one profile of many people.
package struct ExternalID: Sendable, Hashable {
  /// Maximum length, in Unicode scalars.
  package static let limit = 255

  /// The identifier, trimmed.
  package let value: String

  /// Reads an identifier. With `takesPlaceholders` the caller checks for placeholders itself.
  ///
  /// - Throws: `EXTERNAL_ID_EMPTY`, `EXTERNAL_ID_TOO_LONG`, `EXTERNAL_ID_HAS_CONTROL_CHARACTER`,
  ///   `EXTERNAL_ID_PLACEHOLDER`.
  package init(_ text: String, takesPlaceholders: Bool = false) throws(RuleError) {
    if Self.isPlain(text.utf8) {
      guard takesPlaceholders || !Placeholder.matches(text) else { throw Placeholder.error(text) }
      value = text
      return
    }
    let trimmed = TextForm.trimmed(text)
    guard !trimmed.isEmpty else {
      throw RuleError(
        reason: "EXTERNAL_ID_EMPTY",
        message: "The external id is empty. Send the shop's own customer id, or leave it out."
      )
    }
    let count = trimmed.unicodeScalars.count
    guard count <= Self.limit else {
      throw RuleError(
        reason: "EXTERNAL_ID_TOO_LONG",
        message: "The external id has \(count) characters; at most \(Self.limit) are allowed.",
        given: trimmed
      )
    }
    guard !trimmed.unicodeScalars.contains(where: Self.isForbidden) else {
      throw RuleError(
        reason: "EXTERNAL_ID_HAS_CONTROL_CHARACTER",
        message: "The external id holds a control character. Remove it.",
        given: trimmed
      )
    }
    guard takesPlaceholders || !Placeholder.matches(trimmed) else {
      throw Placeholder.error(trimmed)
    }
    value = trimmed
  }

  /// Returns the form in which an identifier is looked up: trimmed if it keeps the rules, else as
  /// it is, because an unknown identifier is simply not found.
  package static func lookedUp(_ text: String) -> String {
    // A placeholder, which this does not look for, would be looked up as it is anyway.
    isPlain(text.utf8) ? text : (try? ExternalID(text).value) ?? text
  }

  /// Returns true for 1 to 255 printable characters of ASCII without a space at either end:
  /// trimming changes nothing, and no character is forbidden.
  private static func isPlain(_ bytes: String.UTF8View) -> Bool {
    let space = UInt8(ascii: " ")
    guard bytes.count <= limit, let first = bytes.first, let last = bytes.last else { return false }
    return first != space && last != space && bytes.allSatisfy { (space...0x7E).contains($0) }
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.category {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Compares bytes: an opaque identifier has no equivalent spellings.
  package static func == (left: ExternalID, right: ExternalID) -> Bool {
    TextForm.sameBytes(left.value, right.value)
  }

  /// Hashes the bytes.
  package func hash(into hasher: inout Hasher) {
    for byte in value.utf8 { hasher.combine(byte) }
  }
}
