internal import ProtoWire

extension JSONScanner {
  /// Reads a string with its quotes and checks it: escapes, control characters, UTF-8, no U+0000.
  mutating func string() throws(JSONError) -> StringToken {
    let opening = position
    position += 1
    let start = position
    var hasEscapes = false
    while true {
      guard position < bytes.count else {
        throw error("the text ends inside the string that begins here", at: opening)
      }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        try checkUTF8(start, position)
        position += 1
        return StringToken(start: start, end: position - 1, hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try skipEscape()
      case 0..<0x20:
        throw error("a string cannot contain a raw control character; write it as \\n or \\u00XX")
      default:
        position += 1
      }
    }
  }

  private func checkUTF8(_ start: Int, _ end: Int) throws(JSONError) {
    let fault = UTF8Check.fault(in: bytes.span.bytes, from: start, to: end, allowsNUL: false)
    guard fault != nil else { return }
    throw error("the string is not valid UTF-8", at: start)
  }

  private mutating func skipEscape() throws(JSONError) {
    guard position + 1 < bytes.count else { throw error("the text ends inside a string") }
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
    case UInt8(ascii: "u"):
      try skipUnicodeEscape()
    default:
      throw error("unknown escape; the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")
    }
  }

  private mutating func skipUnicodeEscape() throws(JSONError) {
    guard let unit = hex(at: position + 2) else {
      throw error("expected four hex digits after \\u")
    }
    if unit == 0 { throw error("a string cannot contain U+0000") }
    if unit & 0xF800 != 0xD800 {
      position += 6
      return
    }
    let isPair =
      unit < 0xDC00 && position + 7 < bytes.count && bytes[position + 6] == UInt8(ascii: "\\")
      && bytes[position + 7] == UInt8(ascii: "u")
    guard isPair, let low = hex(at: position + 8), low & 0xFC00 == 0xDC00 else {
      throw error("half of a surrogate pair")
    }
    position += 12
  }

  private func hex(at offset: Int) -> UInt32? {
    guard offset + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[offset..<offset + 4] {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
        return nil
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// Writes the characters of `token` to `target`, at most as many bytes as it has in the text.
  /// Returns the number of bytes.
  func copy(_ token: StringToken, to target: UnsafeMutablePointer<UInt8>) -> Int {
    guard token.hasEscapes else {
      if let base = bytes.baseAddress, token.end > token.start {
        target.update(from: base + token.start, count: token.end - token.start)
      }
      return token.end - token.start
    }
    var written = 0
    var cursor = token.start
    while cursor < token.end {
      if bytes[cursor] == UInt8(ascii: "\\") {
        for byte in UTF8.encode(unescape(&cursor)).unsafelyUnwrapped {
          target[written] = byte
          written += 1
        }
      } else {
        target[written] = bytes[cursor]
        written += 1
        cursor += 1
      }
    }
    return written
  }

  /// Returns the character of the escape at `cursor`, which ``string()`` has checked, and moves
  /// past it.
  private func unescape(_ cursor: inout Int) -> Unicode.Scalar {
    let letter = bytes[cursor + 1]
    guard letter == UInt8(ascii: "u") else {
      cursor += 2
      switch letter {
      case UInt8(ascii: "b"): return "\u{08}"
      case UInt8(ascii: "f"): return "\u{0C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      default: return Unicode.Scalar(letter)
      }
    }
    let unit = hex(at: cursor + 2) ?? 0xFFFD
    cursor += 6
    if unit & 0xF800 != 0xD800 { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
    let low = hex(at: cursor + 2) ?? 0xDC00
    cursor += 6
    return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
  }

  /// Returns the characters of `token`, without escapes.
  func text(_ token: StringToken) -> String {
    String(unsafeUninitializedCapacity: max(token.end - token.start, 1)) { buffer in
      buffer.baseAddress.map { copy(token, to: $0) } ?? 0
    }
  }
}
