/// The conversion between tags and a cell of a file: with commas, as exports write them, or in one
/// of the forms that other programs write.
///
/// | cell | tags |
/// | --- | --- |
/// | `vip, gold` | vip, gold |
/// | `vip; gold`, `vip\|gold` | vip, gold, if the cell has no comma |
/// | `"VIP","News, weekly"` | VIP, News weekly |
/// | `["vip","gold"]`, `['vip', 'gold']`, `[vip, gold]` | vip, gold |
package enum TagCell {
  /// Reads the tags of a cell. A comma inside a tag becomes a space, because commas separate tags
  /// everywhere else; `lostComma` reports that there was one.
  package static func split(_ cell: String) -> (tags: [String], lostComma: Bool) {
    let text = TextForm.trimmed(cell)
    let items = bracketed(text) ?? quoted(text, by: ["\""]) ?? plain(text)
    var lostComma = false
    let tags = items.compactMap { item -> String? in
      var tag = TextForm.trimmed(item)
      if tag.unicodeScalars.contains(",") {
        lostComma = true
        let parts = tag.unicodeScalars.split(separator: ",").map {
          TextForm.trimmed(String(Substring($0)))
        }
        tag = parts.filter { !$0.isEmpty }.joined(separator: " ")
      }
      return tag.isEmpty ? nil : tag
    }
    return (tags, lostComma)
  }

  /// Writes tags as a cell for ``split(_:)``, with quotes if commas alone would be misread.
  package static func joined(_ tags: [String]) -> String {
    let text = tags.joined(separator: ", ")
    guard text.unicodeScalars.contains(where: isSpecial), split(text).tags != tags else {
      return text
    }
    return tags.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ", ")
  }

  /// Returns true for a character that can change the meaning of a list with commas.
  package static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case ";", "|", "\"", "[": true
    default: false
    }
  }

  /// Splits at commas, else at semicolons, else at bars.
  private static func plain(_ text: String) -> [String] {
    let separators: [Unicode.Scalar] = [",", ";", "|"]
    guard let separator = separators.first(where: text.unicodeScalars.contains) else {
      return [text]
    }
    return text.unicodeScalars.split(separator: separator).map { String(Substring($0)) }
  }

  /// Reads a list in brackets, or returns nil. A list without quotes has a comma: `[B2B]` is one
  /// tag.
  private static func bracketed(_ text: String) -> [String]? {
    guard text.count > 1, text.first == "[", text.last == "]" else { return nil }
    let inner = TextForm.trimmed(String(text.dropFirst().dropLast()))
    if inner.isEmpty { return [] }
    if inner.first == "\"" || inner.first == "'" { return quoted(inner, by: ["\"", "'"]) }
    let isPlain = !inner.unicodeScalars.contains { $0 == "[" || $0 == "]" }
    return isPlain && inner.unicodeScalars.contains(",") ? plain(inner) : nil
  }

  /// Reads a list with an item in quotes, or returns nil.
  private static func quoted(_ text: String, by quotes: [Unicode.Scalar]) -> [String]? {
    var items = QuotedItems(text, quotes: quotes)
    return items.read()
  }
}

/// A reader of items that may be quoted. Inside quotes, a quote is doubled or preceded by `\`.
private struct QuotedItems {
  private let scalars: [Unicode.Scalar]
  private let quotes: [Unicode.Scalar]
  private var index = 0
  private var separator: Unicode.Scalar?
  private var hasQuote = false

  init(_ text: String, quotes: [Unicode.Scalar]) {
    scalars = Array(text.unicodeScalars)
    self.quotes = quotes
  }

  mutating func read() -> [String]? {
    var items: [String] = []
    repeat {
      skipSpace()
      guard let item = index < scalars.count && quotes.contains(scalars[index]) ? quoted() : bare()
      else { return nil }
      items.append(item)
    } while takeSeparator()
    return hasQuote && index == scalars.count ? items : nil
  }

  private mutating func quoted() -> String? {
    let quote = scalars[index]
    hasQuote = true
    index += 1
    var item = String.UnicodeScalarView()
    while index < scalars.count {
      let scalar = scalars[index]
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      index += 1
      if scalar == quote {
        guard next == quote else {
          skipSpace()
          return index == scalars.count || isSeparator(scalars[index]) ? String(item) : nil
        }
        index += 1
        item.append(quote)
      } else if scalar == "\\", let next, next == quote || next == "\\" {
        index += 1
        item.append(next)
      } else {
        item.append(scalar)
      }
    }
    return nil
  }

  private mutating func bare() -> String? {
    var item = String.UnicodeScalarView()
    while index < scalars.count, !isSeparator(scalars[index]) {
      item.append(scalars[index])
      index += 1
    }
    return String(item)
  }

  private mutating func takeSeparator() -> Bool {
    guard index < scalars.count else { return false }
    separator = scalars[index]
    index += 1
    return true
  }

  /// Returns true for a separator. The first separator of a list is that of the whole list.
  private func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    if let separator { return scalar == separator }
    return scalar == "," || scalar == ";" || scalar == "|"
  }

  private mutating func skipSpace() {
    while index < scalars.count, scalars[index].isWhitespace { index += 1 }
  }
}
