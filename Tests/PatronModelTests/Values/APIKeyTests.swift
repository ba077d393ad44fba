import TestKit
import Testing

@testable import PatronModel

struct APIKeyTests {
  /// A generator of the same number.
  private struct Fixed: RandomNumberGenerator {
    var number: UInt64
    mutating func next() -> UInt64 { number }
  }

  private static func parse(_ bytes: [UInt8]) -> APIKey? { APIKey(parsing: bytes.span.bytes) }

  /// Returns a text with the checksum that belongs to it.
  private static func signed(_ id: String, _ secret: String) -> String {
    let body = Array("patron_\(id)_\(secret)".utf8)
    var rest = CRC32.of(body.span.bytes, first: body.count)
    var sum: [UInt8] = []
    for _ in 0..<6 {
      sum.insert(Base62.character(Int(rest % 62)), at: 0)
      rest /= 62
    }
    return String(decoding: body + sum, as: UTF8.self)
  }

  /// The texts were made by another program.
  @Test func textIsAsDocumented() throws {
    var zeros = Fixed(number: 0)
    let lowest = APIKey.random(using: &zeros)
    #expect(
      lowest.text
        == "patron_00000000000000000000000000_00000000000000000000000000000000000000000003MFs9E"
    )
    var ones = Fixed(number: .max)
    let highest = APIKey.random(using: &ones)
    #expect(
      highest.text
        == "patron_7zzzzzzzzzzzzzzzzzzzzzzzzz_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp13M4k5z"
    )
    let key = try #require(
      APIKey("patron_014d2pf2dbsqqzxq5tk1v58cgg_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3W20Vf")
    )
    #expect(key.id.value == 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210)
    #expect(key.secret.bytes == Array(0..<32))
    #expect(key.bytes == key.id.bytes + key.secret.bytes)
    #expect(APIKey.textLength == 83)
  }

  @Test func everyKeyIsReadFromItsText() throws {
    var random = SeededRandom()
    let pattern = try Regex("patron_[0-7][0-9a-hjkmnp-tv-z]{25}_[0-9A-Za-z]{49}")
    for _ in 0..<500 {
      let key = APIKey.random(using: &random)
      #expect(key.text.wholeMatch(of: pattern) != nil)
      let read = try #require(Self.parse(Array(key.text.utf8)))
      #expect(read.id == key.id && read.secret.bytes == key.secret.bytes)
      #expect(read.text == key.text)
      #expect(APIKey(key.text)?.id == key.id)
    }
  }

  /// Also a character that is no letter or digit, in every place.
  @Test func oneWrongCharacterIsFound() throws {
    var random = SeededRandom()
    let text = Array(APIKey.random(using: &random).text.utf8)
    #expect(Self.parse(text) != nil)
    for place in text.indices {
      var wrong = text
      for byte in UInt8.min ... .max where byte != text[place] {
        wrong[place] = byte
        #expect(Self.parse(wrong) == nil, "\(byte) at \(place)")
      }
    }
  }

  @Test func swappedNeighboursAreFound() throws {
    var random = SeededRandom()
    let text = Array(APIKey.random(using: &random).text.utf8)
    for place in text.indices.dropLast() where text[place] != text[place + 1] {
      var wrong = text
      wrong.swapAt(place, place + 1)
      #expect(Self.parse(wrong) == nil, "\(place)")
    }
  }

  @Test func otherLengthsAreNoKeys() throws {
    var random = SeededRandom()
    let text = Array(APIKey.random(using: &random).text.utf8)
    for count in text.indices { #expect(Self.parse(Array(text.prefix(count))) == nil) }
    for byte in [" ", "\n", "0", "\0"] {
      #expect(Self.parse(text + byte.utf8) == nil)
      #expect(Self.parse(byte.utf8 + text) == nil)
    }
    #expect(APIKey("") == nil)
    #expect(APIKey(String(repeating: "é", count: 83)) == nil)
  }

  /// The checksum is right, so the numbers themselves are refused.
  @Test func numbersThatAreTooLargeAreNoKeys() throws {
    let id = "7" + String(repeating: "z", count: 25)
    let secret = "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1"
    #expect(APIKey(Self.signed(id, secret))?.secret.bytes == Array(repeating: 255, count: 32))
    #expect(APIKey(Self.signed(id, "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp2")) == nil)
    #expect(APIKey(Self.signed(id, String(repeating: "z", count: 43))) == nil)
    #expect(APIKey(Self.signed("8" + id.dropFirst(), secret)) == nil)
    #expect(APIKey(Self.signed(id.uppercased(), secret)) == nil)
    let right = Self.signed(id, secret)
    #expect(APIKey(String(right.dropLast(6)) + "zzzzzz") == nil)
  }

  @Test func checksumIsThatOfZipFiles() {
    let bytes = Array("123456789".utf8)
    #expect(CRC32.of(bytes.span.bytes, first: 9) == 0xCBF4_3926)
    #expect(CRC32.of(bytes.span.bytes, first: 0) == 0)
  }

  @Test func aNewSecretKeepsTheID() {
    let key = APIKey.random()
    let next = APIKey.random(for: key.id)
    #expect(next.id == key.id && next.secret.bytes != key.secret.bytes)
    #expect(APIKey.random().id != key.id)
  }

  @Test func descriptionsAndDumpsShowNoSecret() {
    let key = APIKey.random()
    let secret = key.text.dropFirst(34)
    var dumped = ""
    dump(key, to: &dumped)
    dump(key.secret, to: &dumped)
    let texts = [
      "\(key)", String(reflecting: key), "\(key.secret)", String(reflecting: key.secret),
    ]
    for text in texts + [dumped] {
      #expect(!text.contains(secret.prefix(8)))
      #expect(!text.contains("high") && !text.contains("low"))
    }
    #expect("\(key)" == "patron_\(key.id.text)_(secret)")
  }

  @Test func idsHaveOneText() throws {
    var random = SeededRandom()
    for _ in 0..<500 {
      let id = APIKey.random(using: &random).id
      #expect(KeyID(id.text) == id)
      #expect(KeyID(bytes: id.bytes.span.bytes) == id)
      #expect(id.text.utf8.count == KeyID.textLength && id.bytes.count == KeyID.byteCount)
    }
    let zeros = String(repeating: "0", count: 26)
    #expect(KeyID(zeros)?.value == 0)
    #expect(KeyID("7" + String(repeating: "z", count: 25))?.value == .max)
    for wrong in ["", "0", zeros + "0", "8" + zeros.dropFirst(), "A" + zeros.dropFirst()] {
      #expect(KeyID(wrong) == nil)
    }
    for letter in "ilouABCZ-_ é" { #expect(KeyID(zeros.dropLast() + String(letter)) == nil) }
    for count in [0, 15, 17, 32] {
      #expect(KeyID(bytes: [UInt8](repeating: 1, count: count).span.bytes) == nil)
    }
  }
}
