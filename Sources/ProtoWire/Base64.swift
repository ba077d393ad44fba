/// Base64 (RFC 4648).
package enum Base64 {
  /// The two alphabets of the RFC.
  package enum Alphabet {
    /// With `+` and `/`, and padded with `=` to a multiple of four characters.
    case standard
    /// With `-` and `_`, not padded: fit for URLs and file names.
    case url
  }

  private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
  private static let standardDigits = Array((common + "+/").utf8)
  private static let urlDigits = Array((common + "-_").utf8)

  /// Appends the characters that stand for `bytes`.
  package static func append(_ bytes: RawSpan, as alphabet: Alphabet, to output: inout [UInt8]) {
    let digits = alphabet == .url ? urlDigits : standardDigits
    output.reserveCapacity(output.count + (bytes.byteCount + 2) / 3 * 4)
    var offset = 0
    while offset < bytes.byteCount {
      let rest = bytes.byteCount - offset
      let word =
        UInt32(bytes[offset]) << 16
        | (rest > 1 ? UInt32(bytes[offset + 1]) << 8 : 0)
        | (rest > 2 ? UInt32(bytes[offset + 2]) : 0)
      output.append(digits[Int(word >> 18)])
      output.append(digits[Int(word >> 12 & 63)])
      if rest > 1 { output.append(digits[Int(word >> 6 & 63)]) }
      if rest > 2 { output.append(digits[Int(word & 63)]) }
      if rest < 3 && alphabet == .standard {
        output.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - rest))
      }
      offset += 3
    }
  }

  /// Returns the text that stands for `bytes`.
  package static func encode(_ bytes: [UInt8], as alphabet: Alphabet) -> String {
    var text: [UInt8] = []
    append(bytes.span.bytes, as: alphabet, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Returns the bytes that `text` stands for, in either alphabet, with padding or without, or nil
  /// when it is not base64. Bits that the last character has too many are ignored.
  package static func decode(_ text: String) -> [UInt8]? {
    let text = Array(text.utf8)
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
    // Padding, where there is any, completes a group of four.
    guard end == text.count || text.count % 4 == 0, end % 4 != 1 else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(end / 4 * 3 + 2)
    var word: UInt32 = 0
    var bits: UInt32 = 0
    for character in text[..<end] {
      guard let digit = value(of: character) else { return nil }
      word = word << 6 | digit
      bits += 6
      if bits >= 8 {
        bits -= 8
        output.append(UInt8(truncatingIfNeeded: word >> bits))
      }
    }
    return output
  }

  /// Returns the bytes that `text` stands for, or nil when ``encode(_:as:)`` does not make this
  /// very text.
  package static func decode(exactly text: String, as alphabet: Alphabet) -> [UInt8]? {
    guard let bytes = decode(text), encode(bytes, as: alphabet) == text else { return nil }
    return bytes
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - 65)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - 71)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character + 4)
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
