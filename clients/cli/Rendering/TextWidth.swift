/// How many columns text takes on a terminal.
enum TextWidth {
  /// More columns than any text takes: nothing is cut. Sums of widths stay far from overflowing.
  static let unlimited = Int.max / 4

  /// Columns of `text`, which has no control characters or escape sequences.
  static func columns(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + columns($1) }
  }

  /// `text` cut to `limit` columns, the last one an ellipsis when something was cut.
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

  /// `text` cut or filled up with spaces to exactly `width` columns.
  static func fit(_ text: String, to width: Int, right: Bool = false) -> String {
    let cut = cut(text, to: width)
    let padding = String(repeating: " ", count: max(0, width - columns(cut)))
    return right ? padding + cut : cut + padding
  }

  /// A character takes the columns of its widest part: a letter with accents one, an ideograph or
  /// an emoji two.
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

  /// The blocks whose characters are wide: Unicode's East Asian Width, W and F.
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
