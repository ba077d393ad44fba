internal import ProtoWire

/// An API key: its id, and the secret that only its holder has.
///
/// The text is `patron_`, the id, `_`, the secret, and six digits of base 62 with the checksum of
/// everything before them: 83 characters. Scanners for leaked secrets find it by the pattern
/// `patron_[0-7][0-9a-hjkmnp-tv-z]{25}_[0-9A-Za-z]{49}` and discard false hits by the checksum.
/// Neither the description of a key nor a dump of it shows the secret.
package struct APIKey: Sendable {
  /// The length of the text, in characters.
  package static let textLength = 83
  private static let prefix = "patron_"
  private static let idStart = 7
  private static let secretStart = idStart + KeyID.textLength + 1
  private static let sumStart = secretStart + KeySecret.textLength

  package let id: KeyID
  package let secret: KeySecret

  /// Reads the text of a key, without white space around it. Returns nil for anything else: wrong
  /// length or characters, a number that is too large, or another checksum. Allocates nothing.
  package init?(parsing text: RawSpan) {
    guard text.byteCount == Self.textLength, Self.hasMarks(text),
      Self.sum(in: text) == CRC32.of(text, first: Self.sumStart),
      let id = KeyID(parsing: text, at: Self.idStart),
      let secret = KeySecret(parsing: text, at: Self.secretStart)
    else { return nil }
    self.id = id
    self.secret = secret
  }

  /// Reads the text of a key as ``init(parsing:)`` does.
  package init?(_ text: String) {
    guard text.utf8.count == Self.textLength else { return nil }
    self.init(parsing: Array(text.utf8).span.bytes)
  }

  private init(id: KeyID, secret: KeySecret) {
    self.id = id
    self.secret = secret
  }

  /// Returns a new key of the system's random numbers.
  package static func random() -> APIKey {
    var random = SystemRandomNumberGenerator()
    return self.random(using: &random)
  }

  /// Returns a new key of the numbers that `random` draws.
  package static func random(using random: inout some RandomNumberGenerator) -> APIKey {
    APIKey(
      id: KeyID(value: .random(in: .min ... .max, using: &random)),
      secret: KeySecret(using: &random)
    )
  }

  /// Returns a key with this id and a new secret.
  package static func random(for id: KeyID) -> APIKey {
    var random = SystemRandomNumberGenerator()
    return APIKey(id: id, secret: KeySecret(using: &random))
  }

  /// The key in 83 characters, for its holder only.
  package var text: String {
    var text: [UInt8] = []
    text.reserveCapacity(Self.textLength)
    text += Self.prefix.utf8
    id.append(textTo: &text)
    text.append(UInt8(ascii: "_"))
    secret.append(textTo: &text)
    let sum = CRC32.of(text.span.bytes, first: text.count)
    Self.append(sum: sum, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The id and the secret in 48 bytes, for the hash.
  package var bytes: [UInt8] { id.bytes + secret.bytes }

  private static func hasMarks(_ text: RawSpan) -> Bool {
    for (offset, byte) in prefix.utf8.enumerated() where text[offset] != byte { return false }
    return text[secretStart - 1] == UInt8(ascii: "_")
  }

  /// Returns the checksum that a text states, or nil if it states none.
  private static func sum(in text: RawSpan) -> UInt32? {
    var sum: UInt64 = 0
    for offset in sumStart..<textLength {
      guard let digit = Base62.digit(text[offset]) else { return nil }
      sum = sum * 62 + UInt64(digit)
    }
    return UInt32(exactly: sum)
  }

  private static func append(sum: UInt32, to text: inout [UInt8]) {
    var rest = sum
    var digits: [UInt8] = []
    for _ in sumStart..<textLength {
      digits.append(Base62.character(Int(rest % 62)))
      rest /= 62
    }
    text += digits.reversed()
  }
}

extension APIKey: CustomStringConvertible, CustomReflectable {
  /// The key with a placeholder for its secret.
  package var description: String { "patron_\(id)_(secret)" }

  /// A mirror with the id only.
  package var customMirror: Mirror { Mirror(self, children: ["id": id.text]) }
}
