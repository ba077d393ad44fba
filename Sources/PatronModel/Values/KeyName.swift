/// A name that stands for an API key: one that a connection proves by itself.
///
/// `URI:…` and `DNS:…` are names in the verified certificate of a client, `UID:…` is the user of a
/// process at a Unix socket. At most 255 bytes of printable ASCII without spaces. Host names are
/// compared without regard to case, everything else byte by byte.
package struct KeyName: Sendable, Hashable {
  /// Maximum length, in bytes.
  package static let maxLength = 255
  /// The reason of the error for a malformed name.
  static let malformed = "KEY_NAME_MALFORMED"

  /// The name in the form that is compared.
  package let value: String

  /// Reads a name.
  ///
  /// - Throws: `KEY_NAME_MALFORMED`.
  package init(_ text: String) throws(RuleError) {
    let bytes = text.utf8
    guard bytes.count <= Self.maxLength else {
      throw Self.error("The name has \(bytes.count) bytes; at most \(Self.maxLength) are allowed.")
    }
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Self.error("The name holds other characters than printable ASCII without spaces.")
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else { throw Self.error("The name has no kind.") }
    switch parts[0] {
    case "URI": value = text
    case "DNS": value = "DNS:" + parts[1].lowercased()
    case "UID":
      // The highest number is the system's mark for no user.
      guard let user = UInt32(parts[1]), user < .max, String(user) == parts[1] else {
        throw Self.error("The user is no number from 0 to \(UInt32.max - 1).")
      }
      value = text
    default: throw Self.error("The kind of the name is unknown.")
    }
  }

  private static func error(_ problem: String) -> RuleError {
    RuleError(
      reason: malformed,
      message: "\(problem) Expected is URI:, DNS: or UID: and a name, like DNS:agent.example.com."
    )
  }
}
