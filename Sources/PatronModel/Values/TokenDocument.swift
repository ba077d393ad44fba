/// A builder of a record's tokens as one text, without duplicates. Every new customer is indexed on
/// the only writer's thread, so it works on bytes and creates no string per token.
struct TokenDocument {
  private static let digits = Array("0123456789abcdef".utf8)

  private let mark: [UInt8]
  private var bytes: [UInt8] = []
  /// The tokens written: the kind, and up to eight bytes of text. There are a few dozen, for which
  /// a linear search is faster than hashing.
  private var seen: [(kind: UInt8, value: UInt64)] = []

  init(storeKey: UInt32) {
    mark = (0..<8).map { Self.digits[Int(storeKey >> UInt32(28 - 4 * $0) & 15)] }
    bytes.reserveCapacity(1024)
    seen.reserveCapacity(64)
  }

  /// The tokens, separated by spaces.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Adds all windows of a text, and its prefixes of one and two characters.
  mutating func add(_ text: Span<UInt8>) {
    guard !text.isEmpty else { return }
    if text.count >= SearchTokens.window {
      for start in 0...text.count - SearchTokens.window {
        add(UInt8(ascii: "t"), text.extracting(start..<start + SearchTokens.window))
      }
    }
    let first = Self.length(of: text[0])
    add(UInt8(ascii: "p"), text.extracting(first: first))
    guard first < text.count else { return }
    add(UInt8(ascii: "p"), text.extracting(first: first + Self.length(of: text[first])))
  }

  private mutating func add(_ kind: UInt8, _ part: Span<UInt8>) {
    var value: UInt64 = 0
    for index in part.indices { value = value << 8 | UInt64(part[index]) }
    guard !seen.contains(where: { $0.value == value && $0.kind == kind }) else { return }
    seen.append((kind, value))
    if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
    bytes += mark
    bytes.append(kind)
    for index in part.indices {
      bytes.append(Self.digits[Int(part[index] >> 4)])
      bytes.append(Self.digits[Int(part[index] & 15)])
    }
  }

  /// Returns the length in bytes of a character that begins with this byte of UTF-8.
  private static func length(of lead: UInt8) -> Int {
    switch lead {
    case 0..<0x80: 1
    case 0..<0xe0: 2
    case 0..<0xf0: 3
    default: 4
    }
  }
}
