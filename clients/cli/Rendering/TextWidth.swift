/// The width of text in terminal columns.
enum TextWidth {
  /// A width at which nothing is cut. It is small enough that sums of widths do not overflow.
  static let unlimited = Int.max / 4

  /// Returns the width of `text`, which must not contain control characters or escape sequences.
  static func columns(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + columns($1) }
  }

  /// Returns `text` cut to `limit` columns; the last one is an ellipsis if something was cut.
  static func cut(_ text: String, to limit: Int) -> String {
    guard columns(text) > limit else { return text }
    guard limit > 0 else { return "" }
    var result = ""
    var used = 0
    for character in text {
      let width = columns(character)
      if used + width > limit - 1 { break }
      result.append(character)
      used += width
    }
    return result + "…"
  }

  /// Returns `text` cut or padded with spaces to exactly `width` columns.
  static func fit(_ text: String, to width: Int, right: Bool = false) -> String {
    let cut = cut(text, to: width)
    let padding = String(repeating: " ", count: max(0, width - columns(cut)))
    return right ? padding + cut : cut + padding
  }

  /// Returns the width of a character, which is that of its widest scalar: 1 for a letter with
  /// accents, 2 for an ideograph or emoji.
  private static func columns(_ character: Character) -> Int {
    var widest = 0
    for scalar in character.unicodeScalars { widest = max(widest, columns(scalar)) }
    return widest
  }

  private static func columns(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return isWide(scalar.value) ? 2 : 1
    }
  }

  /// Returns true in blocks of wide characters: W and F of Unicode's East Asian Width.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F200...0x1F2FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
