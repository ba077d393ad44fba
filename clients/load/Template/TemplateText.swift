/// JSON text, split at its placeholders.
struct TemplateText: Sendable {
  /// A part of the text.
  enum Piece: Sendable, Equatable {
    case text([UInt8])
    /// The placeholder with this index.
    case placeholder(Int)
  }

  private(set) var pieces: [Piece] = []
  private(set) var placeholders: [Placeholder] = []

  /// Limit for the number of placeholders: each one has its own character as a mark during
  /// compilation.
  static let maxPlaceholders = 64

  init(parsing text: String) throws(TemplateError) {
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      add(rest[..<open.lowerBound])
      let inside = rest[open.upperBound...]
      guard let close = inside.firstRange(of: "}}") else {
        throw TemplateError("a placeholder begins with {{ and does not end with }}")
      }
      pieces.append(.placeholder(placeholders.count))
      placeholders.append(try Placeholder(parsing: String(inside[..<close.lowerBound])))
      rest = inside[close.upperBound...]
    }
    add(rest)
    guard placeholders.count <= Self.maxPlaceholders else {
      throw TemplateError(
        "the request has \(placeholders.count) placeholders; expected at most "
          + "\(Self.maxPlaceholders)"
      )
    }
  }

  /// Returns the text with `fill` in place of the placeholders.
  func filled(_ fill: (Int) -> [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let bytes): result += bytes
      case .placeholder(let index): result += fill(index)
      }
    }
    return result
  }

  private mutating func add(_ text: Substring) {
    if !text.isEmpty { pieces.append(.text(Array(text.utf8))) }
  }
}

extension Substring {
  /// Returns the first range of `pair`, which must be two ASCII characters.
  fileprivate func firstRange(of pair: StaticString) -> Range<Index>? {
    var index = utf8.startIndex
    while index < utf8.endIndex {
      let next = utf8.index(after: index)
      if next < utf8.endIndex, utf8[index] == pair.utf8Start[0], utf8[next] == pair.utf8Start[1] {
        return index..<utf8.index(after: next)
      }
      index = next
    }
    return nil
  }
}
