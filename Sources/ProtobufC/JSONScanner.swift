/// A strict reader of the tokens of a JSON text (RFC 8259): no comments, no trailing commas, no raw
/// control characters, well-formed UTF-8.
struct JSONScanner {
  /// The kind of a value, by its first character.
  enum Kind: String {
    case object = "an object"
    case array = "an array"
    case string = "a string"
    case number = "a number"
    case bool = "a boolean"
    case null = "null"
  }

  /// The range of a string between its quotes.
  struct StringToken {
    var start: Int
    var end: Int
    var hasEscapes: Bool
  }

  /// The deepest nesting of objects and arrays that is read.
  static let maxDepth = 100

  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  // MARK: errors

  func error(_ message: String, at offset: Int) -> JSONError {
    let before = bytes.prefix(offset)
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let line = before.count { $0 == 0x0A } + 1
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    return JSONError(line: line, column: column, message: message)
  }

  func error(_ message: String) -> JSONError { error(message, at: position) }

  /// Returns the text at `range`, cut to 32 characters.
  func excerpt(_ range: Range<Int>) -> String {
    let text = String(decoding: bytes[range], as: UTF8.self)
    return text.count > 32 ? text.prefix(31) + "…" : text
  }

  private func found() -> String {
    guard position < bytes.count else { return "the end of the text" }
    let byte = bytes[position]
    if byte < 0x20 || byte == 0x7F { return "a control character" }
    let word = bytes[position...].prefix { Self.continuesWord($0) && $0 < 0x80 }
    if word.count > 1 { return "`\(excerpt(word.startIndex..<word.endIndex))`" }
    return "`\(String(decoding: bytes[position...].prefix(4), as: UTF8.self).prefix(1))`"
  }

  // MARK: structure

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// Skips space and returns the kind of the next value.
  mutating func kind() throws(JSONError) -> Kind {
    skipSpace()
    guard position < bytes.count else {
      throw error("the text ends where a value was expected")
    }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t") where isNext("true"), UInt8(ascii: "f") where isNext("false"):
      return .bool
    case UInt8(ascii: "n") where isNext("null"): return .null
    default: throw error("expected a value, found \(found())")
    }
  }

  private func isNext(_ word: StaticString) -> Bool {
    var ahead = self
    return ahead.literal(word)
  }

  /// Throws unless the next value is of this kind; `what` names the expectation in the error.
  mutating func expect(_ kind: Kind, for what: String) throws(JSONError) {
    let found = try self.kind()
    guard found == kind else {
      throw error("expected \(what), found \(found.rawValue)")
    }
  }

  /// Reads the next member's key after `{` or a member, and moves to the member's value. Returns
  /// nil after `}`.
  mutating func nextKey(_ isFirst: inout Bool) throws(JSONError) -> StringToken? {
    guard try next(close: UInt8(ascii: "}"), of: "object", &isFirst) else { return nil }
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
      throw error("expected a name in double quotes, found \(found())")
    }
    let key = try string()
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
      throw error("expected `:` after the name, found \(found())")
    }
    position += 1
    return key
  }

  /// Moves to the next element after `[` or an element. Returns false after `]`.
  mutating func nextElement(_ isFirst: inout Bool) throws(JSONError) -> Bool {
    try next(close: UInt8(ascii: "]"), of: "array", &isFirst)
  }

  private mutating func next(close: UInt8, of what: String, _ isFirst: inout Bool)
    throws(JSONError) -> Bool
  {
    skipSpace()
    guard position < bytes.count else { throw error("the text ends inside an \(what)") }
    if bytes[position] == close {
      position += 1
      return false
    }
    if isFirst {
      isFirst = false
      return true
    }
    guard bytes[position] == UInt8(ascii: ",") else {
      let closing = String(UnicodeScalar(close))
      throw error("expected `,` or `\(closing)`, found \(found())")
    }
    position += 1
    skipSpace()
    if position < bytes.count, bytes[position] == close {
      throw error("a comma before the end of the \(what) is not allowed")
    }
    return true
  }

  /// Skips one value of any kind and checks it.
  mutating func skipValue(depth: Int) throws(JSONError) {
    guard depth < Self.maxDepth else {
      throw error("values are nested deeper than \(Self.maxDepth)")
    }
    switch try kind() {
    case .string: _ = try string()
    case .number: _ = try number()
    case .bool: _ = try bool()
    case .null: try null()
    case .object:
      position += 1
      var isFirst = true
      while try nextKey(&isFirst) != nil { try skipValue(depth: depth + 1) }
    case .array:
      position += 1
      var isFirst = true
      while try nextElement(&isFirst) { try skipValue(depth: depth + 1) }
    }
  }

  // MARK: literals and numbers

  mutating func bool() throws(JSONError) -> Bool {
    if literal("true") { return true }
    if literal("false") { return false }
    throw error("expected `true` or `false`")
  }

  mutating func null() throws(JSONError) {
    guard literal("null") else { throw error("expected `null`") }
  }

  private mutating func literal(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    for index in 0..<count where bytes[position + index] != word.utf8Start[index] { return false }
    if position + count < bytes.count, Self.continuesWord(bytes[position + count]) { return false }
    position += count
    return true
  }

  private static func continuesWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      return true
    default: return byte >= 0x80
    }
  }

  /// Reads a number and returns its range.
  mutating func number() throws(JSONError) -> Range<Int> {
    let start = position
    let end = JSONNumber.end(of: bytes, from: start)
    guard let end, end == bytes.count || !Self.continuesWord(bytes[end]) else {
      throw error("malformed number", at: start)
    }
    position = end
    return start..<end
  }
}
