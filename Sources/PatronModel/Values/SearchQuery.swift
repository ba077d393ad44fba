/// A query to the search index, with the condition that a found record must meet.
///
/// The index returns candidates; ``matches(emailKey:phoneDigits:)`` decides.
package enum SearchQuery: Sendable, Hashable {
  /// Records that have all `tokens` and contain `needle` in the e-mail or phone.
  case fragment(tokens: [String], needle: String)
  /// Records that have `token`: the e-mail or phone begins with `needle` of 1 or 2 characters.
  case prefix(token: String, needle: String)
  /// Records that match any of the queries.
  case any([SearchQuery])
  /// An empty search, which matches no record.
  case nothing

  /// Returns true if a record really matches the query.
  ///
  /// - Parameters:
  ///   - emailKey: The ``EmailAddress/key``.
  ///   - phoneDigits: The ``PhoneNumber/digits``.
  package func matches(emailKey: String?, phoneDigits: String?) -> Bool {
    matches((emailKey.map(SearchText.forms) ?? []) + (phoneDigits.map { [$0] } ?? []))
  }

  private func matches(_ texts: [String]) -> Bool {
    switch self {
    case .fragment(_, let needle): texts.contains { Self.contains($0, needle) }
    case .prefix(_, let needle): texts.contains { $0.utf8.starts(with: needle.utf8) }
    case .any(let queries): queries.contains { $0.matches(texts) }
    case .nothing: false
    }
  }

  private static func contains(_ text: String, _ needle: String) -> Bool {
    let bytes = Array(text.utf8)
    let wanted = Array(needle.utf8)
    guard let last = bytes.indices.last.map({ $0 + 1 - wanted.count }), last >= 0 else {
      return wanted.isEmpty
    }
    return (0...last).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
  }
}
