/// The identifier that the shop itself gives a customer: opaque and case-sensitive.
///
/// 1 to 255 Unicode scalars after trimming, no control characters, and none of the placeholders
/// that shops send for "nobody" (they would make one profile out of many people).
public struct ExternalID: Sendable, Hashable {
  /// The greatest length, in Unicode scalars.
  public static let limit = 255

  /// The identifier, trimmed.
  public let value: String

  private static let placeholders: Set<String> = [
    "0", "null", "undefined", "none", "n/a", "anonymous", "guest", "-1",
  ]

  /// - Throws: `EXTERNAL_ID_EMPTY`, `EXTERNAL_ID_TOO_LONG`, `EXTERNAL_ID_HAS_CONTROL_CHARACTER`,
  ///   `EXTERNAL_ID_PLACEHOLDER`.
  public init(_ text: String) throws(RuleError) {
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
    guard !Self.isPlaceholder(trimmed) else {
      throw RuleError(
        reason: "EXTERNAL_ID_PLACEHOLDER",
        message: """
          The external id is a placeholder, not an identifier of one customer. \
          Leave it out for customers without an account.
          """,
        given: trimmed
      )
    }
    value = trimmed
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Zeros only counts too, also in the shape of a nil UUID.
  private static func isPlaceholder(_ text: String) -> Bool {
    if placeholders.contains(text.lowercased()) { return true }
    let rest = text.utf8.filter { $0 != UInt8(ascii: "-") }
    return !rest.isEmpty && rest.allSatisfy { $0 == UInt8(ascii: "0") }
  }

  /// Identity of bytes: an opaque identifier has no equivalent spellings.
  public static func == (left: ExternalID, right: ExternalID) -> Bool {
    TextForm.sameBytes(left.value, right.value)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    for byte in value.utf8 { hasher.combine(byte) }
  }
}
