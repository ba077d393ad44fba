import TTRPC
import Testing

/// Both sides of every limit.
@Suite struct ServerLimitTests {
  /// Returns an envelope of exactly `count` bytes for Echo.
  static func request(_ stream: UInt32, envelopeBytes count: Int) -> [UInt8] {
    let empty = ClientBytes.request(stream, "Echo", [0]).count - FrameHeader.byteCount
    // One byte of payload is in `empty`; longer payloads take more bytes for their length.
    var payload = count - empty + 1
    if payload >= 128 { payload -= 1 }
    if payload >= 16384 { payload -= 1 }
    return ClientBytes.request(stream, "Echo", [UInt8](repeating: 7, count: payload))
  }

  @Test func requestBytes() {
    var limits = Limits()
    limits.requestBytes = 2000
    let script = ServerScript(limits)
    script.feed(Self.request(1, envelopeBytes: 2000))
    #expect(script.output().first?.payload?.isEmpty == false)
    let large = Self.request(3, envelopeBytes: 2001)
    for part in stride(from: 0, to: large.count, by: 300) {
      script.feed(Array(large[part..<min(part + 300, large.count)]))
      #expect(script.pending.count < FrameHeader.byteCount, "oversize data must not be kept")
    }
    script.feed(ClientBytes.request(5, "Echo", [1]))
    let frames = script.output()
    #expect(frames.map(\.description) == ["response 3 RESOURCE_EXHAUSTED", "response 5 01"])
    #expect(frames.first?.error?.message.contains("--max-request-bytes") == true)
    #expect(frames.first?.error?.message.contains("2001 bytes; the limit is 2000") == true)
    #expect(frames.first?.error?.retryDelay == nil, "it would be as large again")
    // The ErrorInfo byte by byte: reason, domain, and two entries of metadata.
    let info =
      "\n\u{11}REQUEST_TOO_LARGE\u{12}\u{06}patron" + "\u{1a}\u{0d}\n\u{05}bytes\u{12}\u{04}2001"
      + "\u{1a}\u{0d}\n\u{05}limit\u{12}\u{04}2000"
    let details = frames.first?.error?.details.map { String(decoding: $0.value, as: UTF8.self) }
    #expect(details == [info])
  }

  @Test func requestBytesOfStreamedMessages() {
    var limits = Limits()
    limits.requestBytes = 100
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen))
    script.feed(ClientBytes.data(1, [UInt8](repeating: 1, count: 100)))
    script.feed(ClientBytes.data(1, [UInt8](repeating: 1, count: 101)))
    script.feed(ClientBytes.data(77, [UInt8](repeating: 1, count: 101)))
    #expect(script.log.count == 3)
    #expect(script.log.last == "cancelled 1 RESOURCE_EXHAUSTED")
    #expect(script.output().map(\.description) == ["response 1 RESOURCE_EXHAUSTED"])
  }

  @Test func responseBytes() {
    var limits = Limits()
    limits.responseBytes = 100
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "Echo", [UInt8](repeating: 1, count: 95)))
    script.feed(ClientBytes.request(3, "Echo", [UInt8](repeating: 1, count: 101)))
    script.feed(ClientBytes.request(5, "Later") + ClientBytes.request(7, "Later"))
    script.connection.complete(5, .success([UInt8](repeating: 1, count: 94)))
    script.connection.complete(7, .success([UInt8](repeating: 1, count: 101)))
    script.feed(ClientBytes.request(9, "List"))
    #expect(script.send(9, [UInt8](repeating: 1, count: 100)) == nil)
    #expect(script.send(9, [UInt8](repeating: 1, count: 101))?.code == .resourceExhausted)
    let frames = script.output()
    #expect(
      frames.map { $0.error?.code }
        == [nil, .resourceExhausted, nil, .resourceExhausted, nil, .resourceExhausted]
    )
  }

  @Test func callsPerConnection() {
    var limits = Limits()
    limits.callsPerConnection = 2
    let script = ServerScript(limits)
    for stream: UInt32 in [1, 3, 5] { script.feed(ClientBytes.request(stream, "Later")) }
    let error = script.output().first?.error
    #expect(error?.code == .resourceExhausted)
    #expect(error?.message.contains("--max-calls-per-connection") == true)
    #expect(error?.retryDelay == .milliseconds(50))
    script.connection.complete(1, .success([]))
    script.feed(ClientBytes.request(7, "Later"))
    #expect(script.callsInFlight == 2)
  }

  @Test func callsInFlightCountsAllConnections() {
    var limits = Limits()
    limits.callsInFlight = 2
    let gauge = CallGauge()
    let first = ServerScript(limits, gauge: gauge)
    let second = ServerScript(limits, gauge: gauge)
    first.feed(ClientBytes.request(1, "Later"))
    second.feed(ClientBytes.request(1, "Later") + ClientBytes.request(3, "Later"))
    let refusals = second.output()
    #expect(refusals.map(\.description) == ["response 3 RESOURCE_EXHAUSTED"])
    #expect(refusals.first?.error?.message.contains("--max-calls on") == true)
    #expect(refusals.first?.error?.retryDelay == .milliseconds(100))
    _ = first.end()
    second.feed(ClientBytes.request(5, "Later"))
    #expect(second.callsInFlight == 2)
  }

  @Test func streamsPerConnection() {
    var limits = Limits()
    limits.streamsPerConnection = 1
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "List") + ClientBytes.request(3, "List"))
    script.feed(ClientBytes.request(5, "Later"))
    let refusals = script.output()
    #expect(refusals.map(\.description) == ["response 3 RESOURCE_EXHAUSTED"])
    #expect(refusals.first?.error?.message.contains("--max-streams-per-connection") == true)
    #expect(refusals.first?.error?.retryDelay == .seconds(1))
    #expect(script.log == ["open 1 List ", "unary 5 Later "])
  }

  @Test func metadata() {
    var limits = Limits()
    limits.metadataBytes = 10
    limits.metadataPairs = 2
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "Echo", [1], metadata: ["k": "1234", "l": "1234"]))
    script.feed(ClientBytes.request(3, "Echo", metadata: ["k": "1234", "l": "12345"]))
    script.feed(ClientBytes.request(5, "Echo", metadata: ["k": "", "k": "", "k": ""]))
    let frames = script.output()
    #expect(
      frames.map(\.description) == [
        "response 1 01", "response 3 RESOURCE_EXHAUSTED", "response 5 RESOURCE_EXHAUSTED",
      ]
    )
    #expect(frames[1].error?.message.contains("--max-metadata-bytes") == true)
    #expect(frames[2].error?.message.contains("--max-metadata-pairs") == true)
  }

  @Test func aFullStreamStopsReadingUntilItIsConsumed() {
    var limits = Limits()
    limits.streamQueueMessages = 2
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen))
    for byte: UInt8 in 1...3 { script.feed(ClientBytes.data(1, [byte])) }
    #expect(script.isBlocked)
    #expect(script.log == ["open 1 Chat ", "message 1 01", "message 1 02"])
    #expect(script.consumed(1, 1))
    script.retry()
    #expect(!script.isBlocked)
    #expect(script.log.last == "message 1 03")
    #expect(!script.consumed(1, 5))
  }

  @Test func aStreamThatStaysFullFailsAndTheConnectionLives() {
    var limits = Limits()
    limits.streamQueueBytes = 100
    limits.fullStreamGraceMillis = 1000
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen))
    script.feed(ClientBytes.data(1, [UInt8](repeating: 1, count: 101)))
    #expect(!script.isBlocked, "one message always fits")
    script.feed(ClientBytes.data(1, [1]) + ClientBytes.request(3, "Echo", [3]))
    #expect(script.isBlocked)
    script.advance(.milliseconds(999))
    script.expire()
    #expect(script.output().isEmpty)
    script.advance(.milliseconds(1))
    #expect(script.nextDeadline.map { $0 <= script.now } == true)
    script.expire()
    script.retry()
    let frames = script.output()
    #expect(frames.map(\.description) == ["response 1 RESOURCE_EXHAUSTED", "response 3 03"])
    #expect(frames[0].error?.message.contains("--max-stream-queue-messages") == true)
    #expect(script.log.last == "unary 3 Echo 03")
  }

  @Test func outboundBytesStopReading() {
    var limits = Limits()
    limits.outboundBytes = 100
    let script = ServerScript(limits)
    for stream in stride(from: UInt32(1), to: 41, by: 2) {
      script.feed(ClientBytes.request(stream, "Echo", [UInt8](repeating: 1, count: 20)))
    }
    #expect(script.isBlocked)
    #expect(script.outputBytes < 200)
    var answers = 0
    for _ in 0..<20 {
      answers += script.output().count
      script.retry()
    }
    #expect(answers == 20)
    #expect(!script.isBlocked)
  }

  @Test func deadlines() {
    let script = ServerScript()
    script.feed(ClientBytes.request(1, "Later", timeoutNanos: 5_000_000))
    script.feed(ClientBytes.request(3, "List", timeoutNanos: 9_000_000))
    script.feed(ClientBytes.request(5, "Later", timeoutNanos: .max))
    script.feed(ClientBytes.request(7, "Echo", timeoutNanos: -1))
    #expect(script.output().map(\.description) == ["response 7 DEADLINE_EXCEEDED"])
    #expect(script.nextDeadline == script.now + .milliseconds(5))
    script.advance(.milliseconds(4))
    script.expire()
    #expect(script.output().isEmpty)
    script.advance(.milliseconds(1))
    script.expire()
    #expect(script.output().map(\.description) == ["response 1 DEADLINE_EXCEEDED"])
    script.advance(.milliseconds(4))
    script.expire()
    #expect(script.output().map(\.description) == ["response 3 DEADLINE_EXCEEDED"])
    #expect(script.log.last == "cancelled 3 DEADLINE_EXCEEDED")
    #expect(script.callsInFlight == 1)
  }

  @Test func headerTimeout() {
    var limits = Limits()
    limits.headerTimeoutMillis = 1000
    let silent = ServerScript(limits)
    silent.advance(.milliseconds(1001))
    #expect(silent.closeReason == .headerTimeout)

    let slow = ServerScript(limits)
    slow.feed(ClientBytes.request(1, "Echo", [1]))
    _ = slow.output()
    slow.advance(.seconds(60))
    #expect(slow.closeReason == nil)
    let next = ClientBytes.request(3, "Echo", [1])
    slow.feed(Array(next.prefix(12)))
    slow.advance(.milliseconds(900))
    slow.feed([next[12]])
    #expect(slow.closeReason == nil)
    slow.advance(.milliseconds(101))
    #expect(slow.closeReason == .headerTimeout)
    slow.feed(Array(next[13...]))
    #expect(slow.closeReason == nil)
  }

  @Test func idleTimeout() {
    var limits = Limits()
    limits.idleTimeoutMillis = 1000
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "Later"))
    script.advance(.seconds(5))
    #expect(script.closeReason == nil)
    script.expire()
    script.connection.complete(1, .success([]))
    #expect(script.closeReason == nil)
    script.advance(.milliseconds(1001))
    #expect(script.closeReason == .idle)
    script.feed(ClientBytes.request(3, "Echo"))
    #expect(script.closeReason == nil)
  }

  @Test func writeTimeout() {
    var limits = Limits()
    limits.writeTimeoutMillis = 1000
    let script = ServerScript(limits)
    script.feed(ClientBytes.request(1, "Later"))
    script.connection.outputStalled(true, now: script.now)
    script.advance(.milliseconds(800))
    script.connection.outputStalled(true, now: script.now)
    script.advance(.milliseconds(201))
    #expect(script.closeReason == .writeTimeout)
    script.connection.outputStalled(false, now: script.now)
    #expect(script.closeReason == nil)
  }

  @Test func connectionsPerPeerAreHalfOfAllByDefault() {
    var limits = Limits()
    #expect(limits.peerConnections == 512)
    limits.connections = 1
    #expect(limits.peerConnections == 1)
    limits.connectionsPerPeer = 7
    #expect(limits.peerConnections == 7)
  }

  @Test func everyFieldIsDescribedOnce() {
    // The need for keys is no number, and has a flag of its own.
    let fields = Mirror(reflecting: Limits()).children.compactMap(\.label)
      .filter { $0 != "unauthenticated" }
    #expect(Set(Limits.all.map(\.name)) == Set(fields))
    #expect(Limits.all.count == fields.count)
    #expect(Set(Limits.all.map(\.flag)).count == fields.count)
    for limit in Limits.all {
      var limits = Limits()
      #expect(limit.range.contains(limits[keyPath: limit.keyPath]), "\(limit.name)")
      limits[keyPath: limit.keyPath] += 1
      #expect(limits != Limits())
    }
  }
}
