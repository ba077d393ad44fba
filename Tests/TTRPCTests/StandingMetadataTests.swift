import Testing

@testable import TTRPC

/// The metadata that a client sends with every call.
@Suite struct StandingMetadataTests {
  private static let key: Metadata = ["authorization": "Bearer abc", "patron-on-behalf-of": "ada"]

  private func metadata(_ peer: ScriptedServer) throws -> [String] {
    try peer.sent().filter { $0.header.type == .request }.map { sent in
      try sent.body.withUnsafeBytes { bytes in
        try RequestView(decoding: bytes, maxMetadataBytes: 1000, maxMetadataPairs: 10)
          .metadata.all.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      }
    }
  }

  @Test func everyCallCarriesIt() throws {
    let peer = ScriptedServer(metadata: Self.key)
    let standing = "authorization=Bearer abc,patron-on-behalf-of=ada"
    _ = try peer.start(.test(.unary))
    _ = try peer.start(.test(.serverStreaming), metadata: ["a": "b"])
    _ = try peer.start(.test(.bidirectionalStreaming), nil, timeout: .seconds(1))
    #expect(
      try metadata(peer) == [
        "ttrpc-ext=1,\(standing)", "a=b,ttrpc-ext=1,\(standing)", "ttrpc-ext=1,\(standing)",
      ]
    )
    peer.negotiate()
    _ = try peer.start(.test(.unary), [1, 2, 3])
    #expect(try metadata(peer) == [standing])
  }

  @Test func aCallReplacesItsKeys() throws {
    let peer = ScriptedServer(extensions: false, metadata: Self.key)
    _ = try peer.start(.test(.unary), metadata: ["Authorization": "Bearer other"])
    _ = try peer.start(
      .test(.unary),
      metadata: ["patron-on-behalf-of": "", "authorization": "Bearer other"]
    )
    #expect(
      try metadata(peer) == [
        "authorization=Bearer other,patron-on-behalf-of=ada",
        "patron-on-behalf-of=,authorization=Bearer other",
      ]
    )
  }

  /// A frame never takes more than was announced, and is refused by its whole size.
  @Test func itCountsInTheSizeOfTheFrame() throws {
    var limits = ClientLimits()
    limits.requestBytes = 300
    let peer = ScriptedServer(limits: limits, metadata: Self.key)
    let method = Method.test(.unary)
    let bare = peer.connection.frameBytes(method, payload: 0, metadata: Metadata())
    _ = try peer.start(method, [UInt8](repeating: 1, count: 300 - bare), timeout: .seconds(100))
    let length = try #require(peer.sent().first?.header.length)
    #expect(length <= 300)
    let error = #expect(throws: CallFailure.self) {
      try peer.start(method, [UInt8](repeating: 1, count: 301 - bare))
    }
    #expect(error?.error.code == .resourceExhausted)
    let details = error?.error.details.map { String(decoding: $0.value, as: UTF8.self) } ?? []
    #expect(details.contains { $0.contains("REQUEST_TOO_LARGE") }, "\(details)")
  }
}
