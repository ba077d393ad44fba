internal import ProtoWire

/// The id of an API key: 128 random bits. It is not a secret; records, logs and lists show it.
///
/// Its text is Crockford's base32 in lower case, 26 characters from `0` to `7` and then from
/// `0-9 a-h j k m n p-t v-z`. Each id has exactly one text.
package struct KeyID: Sendable, Hashable {
  /// The length of the text, in characters.
  package static let textLength = 26
  /// The length of the bytes.
  package static let byteCount = 16

  /// The id as a number, the first byte in the highest place.
  package let value: UInt128

  package init(value: UInt128) { self.value = value }

  /// Reads the 16 bytes of an id. Returns nil for any other number of bytes.
  package init?(bytes: RawSpan) {
    guard bytes.byteCount == Self.byteCount else { return nil }
    var value: UInt128 = 0
    for offset in 0..<Self.byteCount { value = value << 8 | UInt128(bytes[offset]) }
    self.value = value
  }

  /// Reads the text of an id. Returns nil for anything else, also for capital letters.
  package init?(_ text: String) {
    guard text.utf8.count == Self.textLength else { return nil }
    self.init(parsing: Array(text.utf8).span.bytes, at: 0)
  }

  /// Reads the text that begins at `start`; there are at least 26 bytes.
  init?(parsing text: RawSpan, at start: Int) {
    // 26 digits are 130 bits.
    guard let first = Self.digit(text[start]), first < 8 else { return nil }
    var value = UInt128(first)
    for offset in start + 1..<start + Self.textLength {
      guard let digit = Self.digit(text[offset]) else { return nil }
      value = value << 5 | UInt128(digit)
    }
    self.value = value
  }

  /// The id in 26 characters.
  package var text: String {
    var text: [UInt8] = []
    append(textTo: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The id in 16 bytes. Their order is that of the numbers.
  package var bytes: [UInt8] {
    stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt128($0)) }
  }

  func append(textTo bytes: inout [UInt8]) {
    for shift in stride(from: 5 * (Self.textLength - 1), through: 0, by: -5) {
      bytes.append(Self.alphabet[Int(truncatingIfNeeded: value >> UInt128(shift) & 31)])
    }
  }

  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
  /// The digit of each ASCII character; 255 for those that are none.
  private static let digits: [UInt8] = {
    var digits = [UInt8](repeating: 255, count: 128)
    for (digit, character) in alphabet.enumerated() { digits[Int(character)] = UInt8(digit) }
    return digits
  }()

  private static func digit(_ byte: UInt8) -> UInt8? {
    guard byte < 128, digits[Int(byte)] != 255 else { return nil }
    return digits[Int(byte)]
  }
}

extension KeyID: CustomStringConvertible {
  /// The text of the id.
  package var description: String { text }
}
