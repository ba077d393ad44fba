import TTRPC
import TestKit
import Testing

/// A seeded driver that feeds a connection valid, mutated and random frames in random pieces and
/// plays random handlers. The connection must stay within its limits and keep answering.
@Suite struct ServerRandomTests {
  /// Every frame's header has the true length, so the connection must survive.
  @Test(arguments: SeededRandom.seeds(1...40))
  func wellFramedTraffic(_ seed: UInt64) {
    let (script, gauge) = run(seed, damagesFraming: false)
    #expect(script.closed == nil, "seed \(seed)")
    checkAnswers(script, seed)
    _ = script.connection.end()
    #expect(gauge.count == 0, "seed \(seed)")
  }

  /// Lengths are damaged too: the connection may end, but only in an orderly way.
  @Test(arguments: SeededRandom.seeds(1...40))
  func damagedTraffic(_ seed: UInt64) {
    let (script, gauge) = run(seed, damagesFraming: true)
    _ = script.connection.end()
    #expect(gauge.count == 0, "seed \(seed)")
  }

  private func run(_ seed: UInt64, damagesFraming: Bool) -> (ServerScript, CallGauge) {
    var random = SeededRandom(seed: seed)
    var limits = Limits()
    limits.requestBytes = 600
    limits.responseBytes = 800
    limits.callsPerConnection = 12
    limits.streamsPerConnection = 6
    limits.streamQueueMessages = 4
    // The reserve of pending calls is full before all calls are in flight, or never.
    limits.outboundBytes = seed % 2 == 0 ? 4000 : 16_000
    let gauge = CallGauge()
    var script = ServerScript(limits, gauge: gauge)
    for _ in 0..<400 {
      let bytes = piece(&random, damagesFraming: damagesFraming)
      let cut = random.below(bytes.count + 1)
      script.feed(Array(bytes[..<cut]))
      script.feed(Array(bytes[cut...]))
      act(script, &random)
      #expect(script.callsInFlight <= 12, "seed \(seed)")
      #expect(script.callsInFlight == gauge.count, "seed \(seed)")
      // The limit, one answer past it, and one answer for each call that could end at once.
      #expect(script.outputBytes < limits.outboundBytes + 13 * 900, "seed \(seed)")
      if random.below(3) == 0 { checkOutput(script, seed) }
      if script.closed != nil {
        #expect(damagesFraming, "seed \(seed)")
        checkOutput(script, seed)
        _ = script.connection.end()
        script = ServerScript(limits, gauge: gauge)
      }
    }
    return (script, gauge)
  }

  /// Checks that the connection answers the next call, whatever its state was, once streams have
  /// ended.
  private func checkAnswers(_ script: ServerScript, _ seed: UInt64) {
    _ = script.connection.end()
    for _ in 0..<200 {
      _ = script.output()
      script.retry()
      _ = script.connection.end()
    }
    #expect(script.pending.isEmpty, "seed \(seed)")
    script.feed(ClientBytes.request(0x4000_0001, "Echo", [42]))
    #expect(script.output().map(\.payload) == [[42]], "seed \(seed)")
  }

  private func checkOutput(_ script: ServerScript, _ seed: UInt64) {
    let bytes = script.outputBytes
    let frames = script.output()
    let total = frames.reduce(0) { $0 + FrameHeader.byteCount + $1.body.count }
    #expect(total == bytes, "the output is not whole frames, seed \(seed)")
    for frame in frames where frame.header.type == .response {
      #expect(frame.payload != nil, "an unreadable response, seed \(seed)")
      #expect(frame.error == nil || frame.payload == [], "seed \(seed)")
    }
  }

  private func piece(_ random: inout SeededRandom, damagesFraming: Bool) -> [UInt8] {
    let stream = UInt32(random.below(24))
    var bytes: [UInt8]
    switch random.below(10) {
    case 0...4:
      let name = ["Echo", "Later", "Refuse", "Sum", "List", "Chat", "None"][random.below(7)]
      bytes = ClientBytes.request(
        stream | 1,
        name,
        random.bytes(below: 80),
        flags: FrameFlags(rawValue: UInt8(random.below(8))),
        timeoutNanos: Int64(random.below(3)) * 1_000_000,
        metadata: random.below(8) == 0 ? ClientBytes.extended : [:]
      )
    case 5...6:
      bytes = ClientBytes.data(
        stream,
        random.bytes(below: 60),
        flags: FrameFlags(rawValue: UInt8(random.below(8)))
      )
    case 7: bytes = ClientBytes.frame(.cancel, stream, random.bytes(below: 6))
    case 8:
      bytes = ClientBytes.frame(
        FrameType(rawValue: UInt8(random.below(24))),
        stream,
        random.bytes(below: 900)
      )
    default: bytes = ClientBytes.frame(.request, stream | 1, random.bytes(below: 60))
    }
    let header = FrameHeader.byteCount
    if random.below(6) == 0, bytes.count > header {
      bytes[header + random.below(bytes.count - header)] = UInt8(random.below(256))
    }
    if damagesFraming {
      if random.below(30) == 0 { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if random.below(30) == 0 { bytes.removeLast(random.below(bytes.count)) }
    }
    return bytes
  }

  private func act(_ script: ServerScript, _ random: inout SeededRandom) {
    let stream = UInt32(random.below(24)) | 1
    switch random.below(8) {
    case 0: script.connection.complete(stream, .success(random.bytes(below: 900)))
    case 1:
      script.connection.complete(stream, .failure(RPCError(code: .aborted, message: "no")))
    case 2: _ = script.send(stream, random.bytes(below: 900))
    case 3: script.connection.finish(stream, nil)
    case 4: if script.consumed(stream, random.below(3)) { script.retry() }
    case 5:
      script.advance(.milliseconds(random.below(3) * 500))
      script.expire()
      script.retry()
    default: break
    }
  }
}
