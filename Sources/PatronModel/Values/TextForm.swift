// The standard library computes normalization form C (its String comparison relies on it) but
// exposes it only as SPI; Foundation's `precomposedStringWithCanonicalMapping` uses the same SPI.
// All NFC goes through this file, so that there is one place to change once the standard library
// has a public API.
@_spi(_Unicode) import Swift

/// Unicode forms of text, the basis of other rules.
enum TextForm {
  /// Returns `text` in Unicode normalization form C.
  static func nfc(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var composed = String.UnicodeScalarView()
    composed.append(contentsOf: text._nfc)
    return String(composed)
  }

  /// Returns the scalars of `text` in Unicode normalization form D.
  static func decomposed(_ text: String) -> [Unicode.Scalar] { Array(text._nfd) }

  /// Returns the form in which texts that differ only in case are equal: NFC, lower-cased, and NFC
  /// again, because lower-casing can undo the composition, for example of `İ`.
  static func folded(_ text: String) -> String {
    nfc(nfc(text).lowercased())
  }

  /// Returns a lower-case text without accents: decomposed letters lose their marks, and Latin
  /// letters that do not decompose become the letters that they are sorted as.
  static func unaccented(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in text._nfd where scalar.category != .nonspacingMark {
      if let letters = latin[scalar] {
        plain.append(contentsOf: letters.unicodeScalars)
      } else {
        plain.append(scalar)
      }
    }
    return String(plain)
  }

  /// Latin letters that do not decompose, with the letters that they are sorted as.
  static let latin: [Unicode.Scalar: String] = [
    "\u{DF}": "ss", "\u{E6}": "ae", "\u{F0}": "d", "\u{F8}": "o", "\u{FE}": "th", "\u{111}": "d",
    "\u{127}": "h", "\u{131}": "i", "\u{142}": "l", "\u{153}": "oe", "\u{167}": "t",
  ]

  /// Returns `text` without surrounding Unicode white space.
  static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    if let first = scalars.first, let last = scalars.last, !first.isWhitespace, !last.isWhitespace {
      return text
    }
    guard let first = scalars.firstIndex(where: { !$0.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }

  /// Returns the value of a decimal digit of any script, or nil for other characters.
  static func digit(_ scalar: Unicode.Scalar) -> UInt8? {
    if scalar.value < 0x80 {
      return ("0"..."9").contains(scalar) ? UInt8(scalar.value) - 0x30 : nil
    }
    guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue
    else { return nil }
    return UInt8(value)
  }

  /// Returns true if two texts have the same bytes. `==` on String also equates different encodings
  /// of one character, which SQLite's unique indexes do not.
  static func sameBytes(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
  }
}
