/// The tokens of the search index: all windows of three bytes of an e-mail address and a phone
/// number, each marked with its store, so that a search never reaches another store's records.
///
/// A token consists of ASCII letters and digits, so that every tokenizer leaves it alone: eight hex
/// digits of the store, `t` and six hex digits of a window, or `p` and the hex digits of a prefix.
/// E-mail and phone share one token space.
package enum SearchTokens {
  /// The length of a window, in bytes.
  static let window = 3

  /// Returns FNV-1a (32 bits) of a store's id, the store's mark in its tokens. Two stores may share
  /// a mark, so results are also filtered by store.
  package static func storeKey(_ storeID: String) -> UInt32 {
    storeID.utf8.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }

  /// Returns the tokens of a record, without duplicates.
  ///
  /// - Parameters:
  ///   - email: The ``EmailAddress/key``.
  ///   - phoneDigits: The ``PhoneNumber/digits``.
  package static func tokens(
    storeKey: UInt32,
    email: String?,
    phoneDigits: String?
  ) -> [String] {
    document(storeKey: storeKey, email: email, phoneDigits: phoneDigits)
      .split(separator: " ").map(String.init)
  }

  /// Returns the tokens of a record as text separated by spaces, as the index takes them.
  package static func document(
    storeKey: UInt32,
    email: String?,
    phoneDigits: String?
  ) -> String {
    var document = TokenDocument(storeKey: storeKey)
    for var text in email.map(SearchText.forms) ?? [] { text.withUTF8 { document.add($0.span) } }
    if var phoneDigits { phoneDigits.withUTF8 { document.add($0.span) } }
    return document.text
  }

  /// Returns the index query for a search text; see ``SearchText/needles(_:)``.
  package static func query(storeKey: UInt32, _ text: String) -> SearchQuery {
    let mark = hex(storeKey)
    let queries = SearchText.needles(text).map { query(mark: mark, needle: $0) }
    return queries.count < 2 ? queries.first ?? .nothing : .any(queries)
  }

  private static func query(mark: String, needle: String) -> SearchQuery {
    guard needle.utf8.count >= window else {
      return .prefix(token: prefixToken(needle, mark: mark), needle: needle)
    }
    var seen: Set<String> = []
    let tokens = windows(needle, mark: mark).filter { seen.insert($0).inserted }
    return .fragment(tokens: tokens, needle: needle)
  }

  private static func windows(_ text: String, mark: String) -> [String] {
    let bytes = Array(text.utf8)
    guard bytes.count >= window else { return [] }
    return (0...bytes.count - window).map { start in
      var token = mark + "t"
      for byte in bytes[start..<start + window] { token += hex(byte) }
      return token
    }
  }

  private static func prefixToken(_ prefix: String, mark: String) -> String {
    var token = mark + "p"
    for byte in prefix.utf8 { token += hex(byte) }
    return token
  }

  /// Returns `number` in lower-case hex at its full width.
  private static func hex(_ number: some FixedWidthInteger & UnsignedInteger) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: number.bitWidth / 4 - digits.utf8.count) + digits
  }
}
