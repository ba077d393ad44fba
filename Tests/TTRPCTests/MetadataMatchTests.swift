import TTRPC
import Testing

/// The search for a key of the metadata that may occur once.
@Suite struct MetadataMatchTests {
  private func match<Result>(
    _ metadata: Metadata,
    _ read: (MetadataMatch) -> Result
  ) throws -> Result {
    let bytes = ClientBytes.request(1, "Echo", metadata: metadata).dropFirst(FrameHeader.byteCount)
    return try Array(bytes).withUnsafeBytes { envelope in
      let view = try RequestView(decoding: envelope, maxMetadataBytes: 1000, maxMetadataPairs: 10)
      return read(view.metadata.match("authorization"))
    }
  }

  private func value(_ match: MetadataMatch) -> String? {
    switch match {
    case .none: nil
    case .one(let value): String(decoding: value.copy, as: UTF8.self)
    case .several: "several"
    }
  }

  @Test func aKeyIsFoundInAnyCase() throws {
    #expect(try match(Metadata(), value) == nil)
    #expect(try match(["other": "x", "authorizatiom": "y", "authorization2": "z"], value) == nil)
    #expect(try match(["other": "x", "authorization": "Bearer k"], value) == "Bearer k")
    #expect(try match(["AuthoriZation": "k", "other": "x"], value) == "k")
    #expect(try match(["authorization": ""], value)?.isEmpty == true)
  }

  @Test func aKeyThatOccursTwiceIsReported() throws {
    var metadata = Metadata()
    metadata.append("authorization", "a")
    metadata.append("other", "x")
    metadata.append("Authorization", "a")
    #expect(try match(metadata, value) == "several")
  }

  @Test func valuesAreComparedWhole() throws {
    let secret = Array("Bearer patron_0123456789".utf8)
    for length in [secret.count, 8, 7, 1, 0] {
      let text = Array(secret.prefix(length))
      let isEqual = { (match: MetadataMatch, other: [UInt8]) -> Bool in
        if case .one(let value) = match { value.isEqual(to: other) } else { false }
      }
      let metadata: Metadata = ["authorization": String(decoding: text, as: UTF8.self)]
      #expect(try match(metadata) { isEqual($0, text) })
      #expect(try !match(metadata) { isEqual($0, text + [0]) })
      for index in text.indices {
        var other = text
        other[index] ^= 0x20
        #expect(try !match(metadata) { isEqual($0, other) })
      }
    }
  }
}
