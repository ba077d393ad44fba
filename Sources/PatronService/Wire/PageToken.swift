internal import PatronModel
internal import ProtobufC
internal import TTRPC

/// Where a page ended, bound to everything that the list was asked for with.
///
/// It is opaque to callers: base64url of a version, a fingerprint of the request and the position.
/// The fingerprint tells a token of another list, filter or store from one of this; it is no
/// secret.
struct PageToken: Equatable {
  /// The key of the last record of the page, as the list defines it.
  var position: [Int64]

  private static let version: UInt8 = 1

  init(position: [Int64]) { self.position = position }

  /// Reads a token that was made for a list with `fingerprint` and `count` numbers.
  init(_ text: String, fingerprint: UInt64, count: Int) throws(RPCError) {
    guard let bytes = Base64URL.decode(text), bytes.count > 8, bytes.count % 8 == 1,
      bytes[0] == Self.version
    else { throw Self.malformed }
    var words: [UInt64] = []
    for start in stride(from: 1, to: bytes.count, by: 8) {
      words.append(bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) })
    }
    guard words[0] == fingerprint else {
      throw .invalid(
        "page_token", "PAGE_TOKEN_MISMATCH",
        "The page token belongs to another store, customer, filter or order of the list: "
          + "repeat the request that it came from, or begin without a token.")
    }
    // Another order of the list has positions of another length: that was told apart above.
    guard words.count == 1 + count else { throw Self.malformed }
    position = words.dropFirst().map { Int64(bitPattern: $0) }
  }

  private static let malformed = RPCError.invalid(
    "page_token", "PAGE_TOKEN_MALFORMED",
    "The page token is no token of this list: send next_page_token as it came, or none.")

  /// The token as callers get it.
  func text(fingerprint: UInt64) -> String {
    var bytes = [Self.version]
    for word in [fingerprint] + position.map({ UInt64(bitPattern: $0) }) {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return Base64URL.encode(bytes)
  }
}

/// FNV-1a over the parts of a request that a page token is bound to.
struct Fingerprint {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  init(_ method: String, _ store: String) {
    add(method)
    add(store)
  }

  /// Adds a text; where it ends is part of the fingerprint.
  mutating func add(_ text: String) {
    for byte in text.utf8 { mix(byte) }
    mix(0xff)
  }

  /// Adds a number.
  mutating func add(_ number: Int64) { add(String(number)) }

  private mutating func mix(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
}

/// Base64 with the alphabet for URLs, without padding (RFC 4648 section 5).
enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let values: [UInt8: UInt32] = Dictionary(
    uniqueKeysWithValues: alphabet.enumerated().map { ($1, UInt32($0)) })

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let chunk = bytes[start..<min(start + 3, bytes.count)]
      let word = chunk.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - chunk.count))
      for index in 0...chunk.count {
        text.append(alphabet[Int(word >> UInt32(18 - 6 * index) & 63)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes, or nil when the text is not what ``encode(_:)`` makes.
  static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var word: UInt32 = 0
    var bits = 0
    for character in text.utf8 {
      guard let value = values[character] else { return nil }
      word = word << 6 | value
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return word & (1 << UInt32(bits) - 1) == 0 && encode(bytes) == text ? bytes : nil
  }
}

/// The size of a page that a request asks for.
enum PageSize {
  static let usual = 50
  static let greatest = 100
  /// A page that has as many bytes ends early, so that it fits a frame of 4 MiB with one more
  /// record.
  static let enoughBytes = 3 << 20

  static func check(_ size: Int32) throws(RPCError) -> Int {
    guard size >= 0, size <= greatest else {
      throw .invalid(
        "page_size", "PAGE_SIZE_OUT_OF_RANGE",
        "A page has 1 to \(greatest) records; leave page_size at 0 for \(usual).")
    }
    return size == 0 ? usual : Int(size)
  }
}
