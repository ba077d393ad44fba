import Testing

@testable import PatronModel

@Suite struct EventIDTests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
  ])
  func sha1OfPublishedExamples(text: String, digest: String) {
    #expect(hex(SHA1.digest(of: text.utf8)) == digest)
  }

  @Test func sha1OfAMillionLetters() {
    #expect(
      hex(SHA1.digest(of: repeatElement(UInt8(ascii: "a"), count: 1_000_000)))
        == "34aa973cd4c4daa4f61eeb2bdbad27316534016f"
    )
  }

  @Test func sha1InPiecesAroundBlockEdges() {
    for count in 50...130 {
      let bytes = (0..<count).map { UInt8($0) }
      var hash = SHA1()
      hash.update(bytes.prefix(7))
      hash.update(bytes.dropFirst(7))
      #expect(hash.finish() == SHA1.digest(of: bytes), "\(count) bytes")
    }
  }

  @Test func uuidOfTheStandardsExample() {
    let dns: [UInt8] = [
      0x6B, 0xA7, 0xB8, 0x10, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30,
      0xC8,
    ]
    #expect(
      NamedUUID.make(namespace: dns, name: "www.example.com".utf8)
        == "2ed6657d-e927-568b-95e1-2665a8aea6a2"
    )
  }

  @Test func everyPartCounts() {
    func id(
      _ source: EventSource = .thirdParty,
      _ name: String = "ab",
      _ type: String = "cd",
      _ customer: Int64 = 1,
      _ at: Micros = 2,
      _ properties: [UInt8] = [3]
    ) -> String {
      EventID.derived(
        source: source,
        sourceName: name,
        type: type,
        customerID: customer,
        occurredAt: at,
        properties: properties
      )
    }
    #expect(id() == id())
    // Stored ids depend on this value: it must never change.
    #expect(id() == "22280224-8554-5013-a535-59a1c1848146")
    let others = [
      id(.product), id(.thirdParty, "abc", "d"), id(.thirdParty, "a", "bcd"),
      id(.thirdParty, "ab", "ce"), id(.thirdParty, "ab", "cd", -1),
      id(.thirdParty, "ab", "cd", 1, -2), id(.thirdParty, "ab", "cd", 1, 2, []),
      id(.thirdParty, "ab", "cd", 1, 2, [3, 0]),
    ]
    #expect(Set(others + [id()]).count == others.count + 1)
  }

  @Test func nearness() {
    let names = ["order_placed", "order_paid", "cart_updated"]
    #expect(NearestNames.of("order_paod", among: names).first == "order_paid")
    #expect(NearestNames.of("", among: names).isEmpty)
    #expect(NearestNames.of(String(repeating: "o", count: 65), among: names).isEmpty)
    #expect(NearestNames.distance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    #expect(NearestNames.distance([], Array("abc".utf8)) == 3)
  }
}
