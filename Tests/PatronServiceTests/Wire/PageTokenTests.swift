import PatronProto
import Testing

@testable import PatronService

/// Tokens of pages by themselves.
struct PageTokenTests {
  @Test(arguments: [[], [0], [1, -1], [Int64.min, Int64.max, 7]])
  func comesBackAsItWas(_ position: [Int64]) throws {
    let text = PageToken(position: position).text(fingerprint: 0xfeed)
    let read = try PageToken(text, fingerprint: 0xfeed, count: position.count)
    #expect(read.position == position)
  }

  @Test func refusesEveryOtherText() {
    let good = PageToken(position: [42]).text(fingerprint: 9)
    let bad = [
      "", "x", "ü", good + "A", String(good.dropLast()), good + "=", " " + good, good.uppercased(),
      PageToken(position: [42, 1]).text(fingerprint: 9), String(repeating: "A", count: 4000),
    ]
    for text in bad {
      #expect(throws: (any Error).self, "\(text)") {
        try PageToken(text, fingerprint: 9, count: 1)
      }
    }
  }

  @Test func base64IsThatOfRFC4648() {
    let known: [(String, String)] = [
      ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
      ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ]
    for (plain, encoded) in known {
      #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
      #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }
    #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
    #expect(Base64URL.decode("-_9") == nil, "bits that are not used must be zero")
  }

  @Test func partsOfAFingerprintDoNotRunTogether() {
    var left = Fingerprint("List", "shop")
    var right = Fingerprint("List", "shop")
    left.add("ab")
    left.add("c")
    right.add("a")
    right.add("bc")
    #expect(left.value != right.value)
    #expect(Fingerprint("List", "shop").value != Fingerprint("List", "shop2").value)
    #expect(Fingerprint("List", "shop").value != Fingerprint("Get", "shop").value)
  }
}
