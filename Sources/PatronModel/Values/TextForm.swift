// The standard library computes normalization form C (its String comparison rests on it) but
// publishes it as SPI only; Foundation's own `precomposedStringWithCanonicalMapping` stands on
// this same SPI. Everything that needs NFC goes through this file, so that there is one place
// to change when the standard library gets a public name for it.
@_spi(_Unicode) import Swift

/// Unicode forms of text that other rules build on.
enum TextForm {
  /// `text` in Unicode normalization form C.
  static func nfc(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var composed = String.UnicodeScalarView()
    composed.append(contentsOf: text._nfc)
    return String(composed)
  }

  /// The characters of `text` in Unicode normalization form D.
  static func decomposed(_ text: String) -> [Unicode.Scalar] { Array(text._nfd) }

  /// The form in which texts that differ only in case are equal: NFC, lower-cased, NFC again
  /// (lower-casing can undo the composition, e.g. of `İ`).
  static func folded(_ text: String) -> String {
    nfc(nfc(text).lowercased())
  }

  /// A lower-case text with its letters alone: what decomposes is without its marks, and Latin
  /// letters that do not decompose are what they are sorted as.
  static func unaccented(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in text._nfd where scalar.properties.generalCategory != .nonspacingMark {
      if let letters = latin[scalar] {
        plain.append(contentsOf: letters.unicodeScalars)
      } else {
        plain.append(scalar)
      }
    }
    return String(plain)
  }

  /// Latin letters that do not decompose, and what they are sorted as.
  static let latin: [Unicode.Scalar: String] = [
    "\u{DF}": "ss", "\u{E6}": "ae", "\u{F0}": "d", "\u{F8}": "o", "\u{FE}": "th", "\u{111}": "d",
    "\u{127}": "h", "\u{131}": "i", "\u{142}": "l", "\u{153}": "oe", "\u{167}": "t",
  ]

  /// `text` without Unicode white space at both ends.
  static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }

  /// The value of a decimal digit of any script.
  static func digit(_ scalar: Unicode.Scalar) -> UInt8? {
    if scalar.value < 0x80 {
      return ("0"..."9").contains(scalar) ? UInt8(scalar.value) - 0x30 : nil
    }
    guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue
    else { return nil }
    return UInt8(value)
  }

  /// Whether two texts are the same bytes. `==` on String also equates different spellings of
  /// one character, which SQLite's unique indexes do not.
  static func sameBytes(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
  }
}
