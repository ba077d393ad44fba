import ProtoWire
import TestKit
import Testing

@Suite struct Base64Tests {
  /// RFC 4648, section 10.
  private static let vectors = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]

  @Test(arguments: vectors)
  func vectorsOfTheRFC(plain: String, encoded: String) {
    let bytes = Array(plain.utf8)
    let bare = String(encoded.prefix { $0 != "=" })
    #expect(Base64.encode(bytes, as: .standard) == encoded)
    #expect(Base64.encode(bytes, as: .url) == bare)
    for text in [encoded, bare] { #expect(Base64.decode(text) == bytes) }
    #expect(Base64.decode(exactly: encoded, as: .standard) == bytes)
    #expect(Base64.decode(exactly: bare, as: .url) == bytes)
    if encoded != bare {
      #expect(Base64.decode(exactly: bare, as: .standard) == nil)
      #expect(Base64.decode(exactly: encoded, as: .url) == nil)
    }
  }

  @Test func bothAlphabetsAreRead() {
    #expect(Base64.encode([0xFB, 0xFF], as: .standard) == "+/8=")
    #expect(Base64.encode([0xFB, 0xFF], as: .url) == "-_8")
    for text in ["+/8=", "-_8", "+_8=", "-/8"] { #expect(Base64.decode(text) == [0xFB, 0xFF]) }
    #expect(Base64.decode(exactly: "-_8", as: .url) == [0xFB, 0xFF])
    #expect(Base64.decode(exactly: "+/8", as: .url) == nil)
  }

  @Test func bitsThatAreNotUsed() {
    #expect(Base64.decode("-_9") == [0xFB, 0xFF])
    #expect(Base64.decode(exactly: "-_9", as: .url) == nil)
  }

  @Test(arguments: [
    "*", "Z", "Zm9vY", "Zg=", "Zg===", "=", "====", "Zm9v=", "Z=g=", "Zm 9", "Zé==",
  ])
  func otherTextIsRefused(_ text: String) {
    #expect(Base64.decode(text) == nil)
    #expect(Base64.decode(exactly: text, as: .url) == nil)
  }

  @Test func whatIsWrittenIsRead() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    for round in 0..<2_000 {
      let bytes = random.bytes(below: 41)
      for alphabet in [Base64.Alphabet.standard, .url] {
        let text = Base64.encode(bytes, as: alphabet)
        #expect(Base64.decode(text) == bytes, "seed \(seed), round \(round)")
        #expect(
          Base64.decode(exactly: text, as: alphabet) == bytes,
          "seed \(seed), round \(round)"
        )
      }
    }
  }
}
