/// An e-mail address: its written form, and the key by which equal addresses are found.
///
/// The syntax is that of the HTML standard, with letters of any script and at least one dot in the
/// domain. Dots and `+tags` of the local part are kept.
package struct EmailAddress: Sendable, Hashable {
  /// The address as written, trimmed, in Unicode normalization form C.
  package let display: String
  /// The compared form: lower case, the domain in ASCII (A-labels). At most 254 octets.
  package let key: String

  /// Maximum length of the part before the `@`, in octets.
  package static let localLimit = 64
  /// Maximum length of the domain in ASCII, in octets.
  package static let domainLimit = 255
  /// Maximum length of ``key``, in octets.
  package static let limit = 254

  /// Reads an address.
  ///
  /// - Throws: `EMAIL_EMPTY`, `EMAIL_MALFORMED`, `EMAIL_LOCAL_TOO_LONG`, `EMAIL_DOMAIN_MALFORMED`,
  ///   `EMAIL_DOMAIN_TOO_LONG`, `EMAIL_TOO_LONG`.
  package init(_ text: String) throws(RuleError) {
    let display = TextForm.nfc(TextForm.trimmed(text))
    guard !display.isEmpty else {
      throw Self.error("EMAIL_EMPTY", "The e-mail address is empty.", text)
    }
    let parts = display.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw Self.error("EMAIL_MALFORMED", "The e-mail address does not have exactly one @.", text)
    }
    let local = try Self.local(String(Substring(parts[0])), given: text)
    let domain = try Self.domain(String(Substring(parts[1])), given: text)
    let key = local + "@" + domain
    guard key.utf8.count <= Self.limit else {
      throw Self.error("EMAIL_TOO_LONG", "It is longer than \(Self.limit) octets.", text)
    }
    self.display = display
    self.key = key
  }

  /// Compares the keys: two spellings of one address are equal.
  package static func == (left: EmailAddress, right: EmailAddress) -> Bool {
    left.key == right.key
  }

  /// Hashes the key.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(key)
  }

  private static func error(_ reason: String, _ what: String, _ given: String) -> RuleError {
    RuleError(
      reason: reason,
      message: "\(what) Expected is an address such as name@example.com.",
      given: given
    )
  }

  private static func local(_ local: String, given: String) throws(RuleError) -> String {
    guard !local.isEmpty, local.unicodeScalars.allSatisfy(isLocal) else {
      throw error(
        "EMAIL_MALFORMED",
        "The part before the @ is empty or holds a forbidden character.",
        given
      )
    }
    let bytes = Array(local.utf8)
    let dot = UInt8(ascii: ".")
    let doubled = zip(bytes, bytes.dropFirst()).contains { $0 == dot && $1 == dot }
    guard bytes.first != dot, bytes.last != dot, !doubled else {
      throw error(
        "EMAIL_MALFORMED",
        "The part before the @ begins or ends with a dot or has two in a row.",
        given
      )
    }
    let folded = TextForm.folded(local)
    guard max(bytes.count, folded.utf8.count) <= localLimit else {
      throw error(
        "EMAIL_LOCAL_TOO_LONG",
        "The part before the @ is longer than \(localLimit) octets.",
        given
      )
    }
    return folded
  }

  private static func domain(_ domain: String, given: String) throws(RuleError) -> String {
    guard let ascii = DomainName.ascii(domain) else {
      throw error(
        "EMAIL_DOMAIN_MALFORMED",
        "The domain after the @ is malformed: it needs a dot, and labels of 1 to 63 letters, "
          + "digits and inner hyphens.",
        given
      )
    }
    guard ascii.utf8.count <= domainLimit else {
      throw error(
        "EMAIL_DOMAIN_TOO_LONG",
        "The domain is longer than \(domainLimit) octets.",
        given
      )
    }
    return ascii
  }

  private static func isLocal(_ scalar: Unicode.Scalar) -> Bool {
    if DomainName.isWord(scalar) { return true }
    return scalar.isASCII && ".!#$%&'*+/=?^_`{|}~-".unicodeScalars.contains(scalar)
  }
}
