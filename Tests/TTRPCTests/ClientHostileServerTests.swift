import TestKit
import Testing

@testable import TTRPC

/// Random servers against one connection: every call ends exactly once, and no event follows its
/// end.
@Suite struct ClientHostileServerTests {
  private static let kinds: [MethodKind] = [
    .unary, .clientStreaming, .serverStreaming, .bidirectionalStreaming,
  ]

  @Test(arguments: SeededRandom.seeds(1...200))
  func everyCallEndsOnce(seed: UInt64) throws {
    var random = ClientRandom(seed: seed)
    var limits = ClientLimits()
    limits.responseBytes = 200
    limits.queuedMessages = 4
    let peer = ScriptedServer(limits: limits, extensions: seed % 4 != 0)
    var open: [ClientCallID] = []
    var started: Set<UInt32> = []
    for _ in 0..<200 {
      switch Int.random(in: 0..<12, using: &random) {
      case 0...2:
        let kind = Self.kinds.randomElement(using: &random)!
        let timeout: Duration? = Bool.random(using: &random) ? .seconds(5) : nil
        if let call = try? peer.start(.test(kind), kind.clientStreams ? nil : [1], timeout: timeout)
        {
          open.append(call)
          started.insert(call.stream)
        }
      case 3: peer.advance(.milliseconds(Int.random(in: 1...3000, using: &random)))
      case 4:
        if let call = open.randomElement(using: &random) {
          peer.connection.cancel(call, RPCError(code: .cancelled, message: ""))
        }
      case 5:
        if let call = open.randomElement(using: &random) { try? peer.send(call, [1, 2]) }
      case 6:
        if let call = open.randomElement(using: &random) {
          peer.connection.consumed(call, messages: 2, bytes: 100)
        }
      case 7: if seed % 3 == 0, Int.random(in: 0..<8, using: &random) == 0 { peer.negotiate() }
      default: peer.receive(randomFrame(&random, highest: peer.lastStream))
      }
    }
    peer.connection.close(RPCError(code: .unavailable, message: "end"))
    peer.pump()
    #expect(peer.connection.callsInFlight == 0, "seed \(seed)")
    #expect(peer.wantsRead, "seed \(seed)")
    var ended: Set<UInt32> = []
    for event in peer.log {
      guard let stream = event.stream else { continue }
      #expect(!ended.contains(stream), "seed \(seed): an event after the end of \(stream)")
      if event.isEnd { ended.insert(stream) }
    }
    #expect(ended == started, "seed \(seed)")
  }

  private func randomFrame(_ random: inout ClientRandom, highest: UInt32) -> [UInt8] {
    let types: [UInt8] = [1, 2, 2, 2, 3, 3, 3, 3, 4, 5, 0x11, 0x12, 0x77]
    let type = FrameType(rawValue: types.randomElement(using: &random)!)
    let isGoaway = type == .goaway && Int.random(in: 0..<10, using: &random) != 0
    let stream = UInt32.random(in: 0...(highest + 2), using: &random)
    let bodies: [[UInt8]] = [
      [], [0x12, 0x01, 0x07], [0x0A, 0x02, 0x08, 0x05], [0x0A, 0x00], [0x08, 0x03],
      [UInt8](repeating: 0x31, count: 300),
      (0..<Int.random(in: 0..<40, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      },
    ]
    let flags = FrameFlags(rawValue: UInt8.random(in: 0...7, using: &random))
    let body = bodies.randomElement(using: &random)!
    // GOAWAY ends a run early, so it mostly comes on a call's stream, where it means nothing.
    return frame(type, isGoaway ? stream | 1 : stream, body, flags)
  }

  @Test(arguments: SeededRandom.seeds(1...100))
  func randomBytesNeverTrap(seed: UInt64) throws {
    var random = ClientRandom(seed: seed)
    let peer = ScriptedServer()
    for _ in 0..<5 { _ = try peer.start(.test(Self.kinds.randomElement(using: &random)!)) }
    for _ in 0..<50 {
      let count = Int.random(in: 0..<60, using: &random)
      var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      if !bytes.isEmpty, Bool.random(using: &random) { bytes[0] = 0 }
      peer.receive(bytes)
    }
    peer.connection.close(RPCError(code: .unavailable, message: "end"))
    peer.pump()
    #expect(peer.log.filter(\.isEnd).count == 5, "seed \(seed)")
  }
}
