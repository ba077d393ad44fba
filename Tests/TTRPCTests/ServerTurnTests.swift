import TTRPC
import Testing

/// The turns of a connection: bounded in frames and in time, with every state in between.
@Suite struct ServerTurnTests {
  /// Returns a script that leaves input to its next turn.
  static func script(_ change: (inout Limits) -> Void) -> ServerScript {
    var limits = Limits()
    change(&limits)
    let script = ServerScript(limits)
    script.takesTurns = false
    return script
  }

  static func echoes(_ streams: ClosedRange<Int>) -> [UInt8] {
    streams.flatMap { ClientBytes.request(UInt32($0 * 2 - 1), "Echo", [UInt8($0)]) }
  }

  @Test func aTurnIsBoundedInCalls() {
    let script = Self.script { $0.callsPerTurn = 3 }
    script.feed(Self.echoes(1...7))
    #expect(script.isYielding)
    #expect(script.output().map(\.payload) == [[1], [2], [3]])
    script.takeTurn()
    #expect(script.output().map(\.payload) == [[4], [5], [6]])
    script.takeTurn()
    #expect(script.output().map(\.payload) == [[7]])
    #expect(!script.isYielding)
  }

  @Test func exactlyOneTurnOfCallsDoesNotYield() {
    let script = Self.script { $0.callsPerTurn = 3 }
    script.feed(Self.echoes(1...3))
    #expect(!script.isYielding)
    #expect(script.output().count == 3)
  }

  @Test func aTurnIsBoundedInTime() {
    let script = Self.script { $0.turnMicros = 1000 }
    script.callTime = .microseconds(400)
    script.feed(Self.echoes(1...5))
    #expect(script.output().map(\.payload) == [[1], [2], [3]])
    script.takeTurn()
    #expect(script.output().map(\.payload) == [[4], [5]])
  }

  @Test(arguments: [(0, 64), (1, 32), (3, 16), (100, 8)])
  func theConnectionsThatWaitShareATurn(waiting: Int, calls: Int) {
    let script = Self.script { $0.turnMicros = 1_000_000 }
    script.waiting = waiting
    script.takeTurn()
    script.feed(Self.echoes(1...65))
    #expect(script.isYielding)
    #expect(script.output().count == calls)
  }

  @Test(arguments: [(0, 10), (4, 2), (100, 1)])
  func theyShareItsTime(waiting: Int, calls: Int) {
    let script = Self.script { $0.turnMicros = 1000 }
    script.callTime = .microseconds(100)
    script.waiting = waiting
    script.takeTurn()
    script.feed(Self.echoes(1...11))
    #expect(script.output().count == calls)
  }

  @Test func everyTurnHandlesACall() {
    let script = Self.script { $0.turnMicros = 1 }
    script.callTime = .seconds(1)
    script.feed(Self.echoes(1...3))
    for call: UInt8 in 1...3 {
      #expect(script.output().map(\.payload) == [[call]])
      script.takeTurn()
    }
    #expect(script.pending.isEmpty)
  }

  /// A flood of frames without a handler takes the thread as well.
  @Test func refusedAndUnknownFramesCount() {
    let script = Self.script { $0.callsPerTurn = 4 }
    for stream: UInt32 in [1, 3] { script.feed(ClientBytes.request(stream, "None")) }
    script.feed(ClientBytes.frame(FrameType(rawValue: 99), 1, [1]))
    script.feed(ClientBytes.request(2, "Echo"))
    script.feed(ClientBytes.request(5, "Echo", [5]))
    #expect(script.isYielding)
    #expect(script.output().count == 3)
    script.takeTurn()
    #expect(script.output().map(\.payload) == [[5]])
  }

  @Test func messagesOfStreamsCount() {
    let script = Self.script { $0.callsPerTurn = 3 }
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen))
    for byte: UInt8 in 1...4 { script.feed(ClientBytes.data(1, [byte])) }
    script.feed(ClientBytes.close(1))
    #expect(script.log == ["open 1 Chat ", "message 1 01", "message 1 02"])
    script.takeTurn()
    #expect(script.log.suffix(3) == ["message 1 03", "message 1 04", "closed 1"])
  }

  /// The message and the close of one frame are one piece.
  @Test func aFrameIsNotDividedBetweenTurns() {
    let script = Self.script { $0.callsPerTurn = 1 }
    script.feed(ClientBytes.request(1, "Sum", [7], flags: .remoteClosed))
    #expect(script.log == ["open 1 Sum ", "message 1 07", "closed 1"])
    #expect(!script.isYielding)
  }

  @Test func inputThatWaitsForItsTurnIsNeitherLateNorIdle() {
    let script = Self.script { limits in
      limits.callsPerTurn = 1
      limits.headerTimeoutMillis = 1000
      limits.idleTimeoutMillis = 1000
    }
    script.feed(Array(Self.echoes(1...1).prefix(5)))
    script.advance(.milliseconds(900))
    script.feed(Array(Self.echoes(1...3).dropFirst(5)))
    #expect(script.isYielding)
    script.advance(.seconds(5))
    script.connection.inputWaits(until: script.now)
    #expect(script.closeReason == nil)
    script.takeTurn()
    script.feed([0])
    script.takeTurn()
    script.advance(.milliseconds(999))
    #expect(script.closeReason == nil)
    script.advance(.milliseconds(2))
    #expect(script.closeReason == .headerTimeout, "from here on the client is late")
  }

  @Test func aStallOfTheServerIsNotTheClients() {
    var limits = Limits()
    limits.headerTimeoutMillis = 1000
    limits.writeTimeoutMillis = 1000
    limits.idleTimeoutMillis = 3000
    let silent = ServerScript(limits)
    let slow = ServerScript(limits)
    let full = ServerScript(limits)
    let idle = ServerScript(limits)
    slow.feed(Self.echoes(1...1) + [0])
    full.feed(ClientBytes.request(1, "Later"))
    full.connection.outputStalled(true, now: full.now)
    idle.feed(Self.echoes(1...1))
    for script in [silent, slow, full, idle] {
      script.advance(.seconds(20))
      script.connection.forgive(.seconds(19))
      script.advance(.milliseconds(-1))
      #expect(script.closeReason == nil)
      script.advance(.milliseconds(2))
    }
    #expect(silent.closeReason == .headerTimeout)
    #expect(slow.closeReason == .headerTimeout)
    #expect(full.closeReason == .writeTimeout)
    #expect(idle.closeReason == nil)
    idle.advance(.seconds(2))
    #expect(idle.closeReason == .idle)
  }

  @Test func deadlinesPassBetweenTurns() {
    let script = Self.script { $0.callsPerTurn = 1 }
    script.feed(ClientBytes.request(1, "Later", timeoutNanos: 5_000_000) + Self.echoes(2...2))
    script.advance(.milliseconds(5))
    script.connection.forgive(.milliseconds(5))
    script.expire()
    #expect(script.output().map(\.description) == ["response 1 DEADLINE_EXCEEDED"])
    script.takeTurn()
    #expect(script.output().map(\.payload) == [[2]])
  }

  /// Requests that wait for their turn when the drain begins come after GOAWAY's last stream.
  @Test func aDrainBetweenTurnsVoidsTheRestForExtendedClientsOnly() {
    for isExtended in [true, false] {
      let script = Self.script { $0.callsPerTurn = 2 }
      let first = ClientBytes.request(
        1,
        "Echo",
        [1],
        metadata: isExtended ? ClientBytes.extended : [:]
      )
      script.feed(first + Self.echoes(2...4))
      _ = script.output()
      script.connection.drain(graceMillis: 1000)
      script.connection.inputWaits(until: script.now)
      if !isExtended { #expect(script.closeReason == nil) }
      script.takeTurn()
      let frames = script.output()
      #expect(frames.compactMap(\.payload) == (isExtended ? [] : [[3], [4]]))
      #expect(frames.contains { $0.header.type == .goaway } == isExtended)
    }
  }

  /// Calls that were received and wait for their turn at the end of a drain are refused, then
  /// nothing is left to go on with.
  @Test func theEndOfADrainRefusesWhatWaits() {
    let script = Self.script { $0.callsPerTurn = 2 }
    script.feed(Self.echoes(1...4) + [0])
    script.stopReading()
    script.takeTurn()
    #expect(script.output().map { $0.error?.code } == [nil, nil, .unavailable, .unavailable])
    script.takeTurn()
    #expect(script.isBlocked)
    #expect(!script.mayGoOn)
    script.connection.inputArrived()
    #expect(script.mayGoOn)
    #expect(script.closeReason == .drained)
  }

  @Test func outputThatIsFullEndsTheTurnBeforeItsTime() {
    let script = Self.script { limits in
      limits.callsPerTurn = 3
      limits.outboundBytes = 1
    }
    script.feed(Self.echoes(1...5))
    #expect(script.isBlocked)
    #expect(!script.mayGoOn)
    for call: UInt8 in 1...2 {
      #expect(script.output().map(\.payload) == [[call]])
      #expect(script.mayGoOn)
      script.retry()
      #expect(script.isBlocked)
    }
    #expect(script.output().map(\.payload) == [[3]])
    script.retry()
    #expect(script.isYielding, "the turn counts calls over its blocks")
  }

  /// Reading waits for a stream and for output at once; the end of either wait must not be lost.
  @Test func aConsumedStreamGoesOnWhenTheOutputIsSent() {
    let script = Self.script { limits in
      limits.streamQueueMessages = 1
      limits.outboundBytes = 20
    }
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen) + ClientBytes.data(1, [1]))
    script.feed(ClientBytes.data(1, [2]))
    #expect(script.isBlocked)
    #expect(!script.mayGoOn)
    #expect(script.send(1, [UInt8](repeating: 1, count: 30)) == nil)
    #expect(script.consumed(1, 1))
    script.retry()
    #expect(script.isBlocked)
    #expect(!script.mayGoOn)
    _ = script.output()
    #expect(script.mayGoOn)
    script.takeTurn()
    #expect(script.log.last == "message 1 02")
  }
}
