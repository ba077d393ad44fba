import Synchronization
import Testing

@testable import TTRPC

/// Large requests and messages of all connections share a total; small requests do not need it.
@Suite struct InputTotalTests {
  static let large = [UInt8](repeating: 7, count: 100 << 10)

  /// Connections with one total, and the numbers of those that were told of room.
  final class Group {
    let total: InputTotal
    let told = Told()
    private let limits: Limits

    final class Told: Sendable {
      private let numbers = Mutex<[Int]>([])
      func add(_ number: Int) { numbers.withLock { $0.append(number) } }
      var all: [Int] { numbers.withLock { $0 } }
    }

    /// Makes room for `frames` of ``InputTotalTests/large``.
    init(frames: Int) {
      var limits = Limits()
      limits.requestBytes = 150 << 10
      limits.totalInboundBytes = frames * (110 << 10)
      self.limits = limits
      total = InputTotal(limits)
    }

    func script(_ number: Int) -> ServerScript {
      let script = ServerScript(limits)
      let told = told
      script.connection.shareInput(total) { told.add(number) }
      return script
    }
  }

  static func request(_ stream: UInt32) -> [UInt8] { ClientBytes.request(stream, "Echo", large) }

  @Test func theHeaderOfALargeFrameReservesAllOfIt() {
    let group = Group(frames: 2)
    let script = group.script(1)
    let bytes = Self.request(1)
    script.feed(Array(bytes.prefix(FrameHeader.byteCount - 1)))
    #expect(group.total.reserved == 0)
    script.feed([bytes[FrameHeader.byteCount - 1]])
    #expect(group.total.reserved == bytes.count - FrameHeader.byteCount)
    #expect(!script.isBlocked)
    script.feed(Array(bytes.dropFirst(FrameHeader.byteCount)))
    #expect(script.output().map(\.payload) == [Self.large])
    #expect(group.total.reserved == 0)
  }

  @Test(arguments: [0, 1]) func onlyLargeFramesNeedRoom(more: Int) {
    let group = Group(frames: 2)
    let script = group.script(1)
    let header = FrameHeader(
      length: UInt32(InputTotal.smallFrame + more),
      streamID: 1,
      type: .request
    )
    script.feed(header.bytes)
    #expect(group.total.reserved == (more == 0 ? 0 : InputTotal.smallFrame + 1))
  }

  @Test func connectionsWaitInTheirOrderAndSmallRequestsPass() {
    let group = Group(frames: 2)
    let scripts = (0..<5).map { group.script($0) }
    let bytes = Self.request(1)
    for script in scripts { script.feed(Array(bytes.prefix(1000))) }
    #expect(scripts.map(\.isBlocked) == [false, false, true, true, true])
    #expect(scripts.map(\.mayGoOn) == [true, true, false, false, false])
    #expect(group.total.waitingCount == 3)

    let other = group.script(9)
    other.feed(ClientBytes.request(1, "Echo", [5]))
    #expect(other.output().map(\.payload) == [[5]])

    scripts[1].feed(Array(bytes.dropFirst(1000)))
    #expect(group.told.all == [2])
    #expect(scripts.map(\.mayGoOn) == [true, true, true, false, false])
    scripts[3].retry()
    #expect(scripts[3].isBlocked)
    scripts[2].feed(Array(bytes.dropFirst(1000)))
    scripts[0].feed(Array(bytes.dropFirst(1000)))
    #expect(group.told.all == [2, 3, 4])
    for script in scripts[3...] { script.feed(Array(bytes.dropFirst(1000))) }
    for script in scripts { #expect(script.output().map(\.payload) == [Self.large]) }
    #expect(group.total.reserved == 0)
  }

  @Test func aFrameThatCameWholeWaitsToo() {
    let group = Group(frames: 1)
    let first = group.script(1)
    let second = group.script(2)
    first.feed(Array(Self.request(1).prefix(1000)))
    second.feed(Self.request(1) + ClientBytes.request(3, "Echo", [3]))
    #expect(second.isBlocked)
    #expect(second.output().isEmpty)
    first.feed(Array(Self.request(1).dropFirst(1000)))
    #expect(group.told.all == [2])
    second.retry()
    #expect(second.output().map(\.payload) == [Self.large, [3]])
  }

  @Test func connectionsThatEndGiveBackTheirRoomAndTheirWait() {
    let group = Group(frames: 1)
    let scripts = (0..<4).map { group.script($0) }
    for script in scripts { script.feed(Array(Self.request(1).prefix(1000))) }
    _ = scripts[1].end()
    #expect(group.total.waitingCount == 2)
    _ = scripts[0].end()
    #expect(group.told.all == [2])
    // Its room was granted, and it has not noticed.
    _ = scripts[2].end()
    #expect(group.told.all == [2, 3])
    _ = scripts[3].end()
    #expect(group.total.reserved == 0)
    _ = scripts[3].end()
    #expect(group.total.reserved == 0)
  }

  @Test func messagesStayCountedUntilTheyAreConsumed() {
    let group = Group(frames: 1)
    let script = group.script(1)
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen))
    script.feed(ClientBytes.data(1, [1, 2, 3]))
    script.feed(ClientBytes.data(1, Self.large))
    #expect(group.total.reserved == Self.large.count + 3)
    let other = group.script(2)
    other.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen))
    other.feed(ClientBytes.data(1, Self.large))
    #expect(other.isBlocked)
    _ = script.consumed(1, 1)
    #expect(group.told.all.isEmpty)
    _ = script.consumed(1, 1)
    #expect(group.told.all == [2])
    other.retry()
    #expect(other.log.count == 2)
    _ = other.endStreams()
    _ = script.endStreams()
    #expect(group.total.reserved == 0)
  }

  @Test func aFirstMessageIsCounted() {
    let group = Group(frames: 2)
    let script = group.script(1)
    script.feed(ClientBytes.request(1, "Sum", [1, 2], flags: .remoteOpen))
    script.feed(ClientBytes.request(3, "Sum", Self.large, flags: .remoteOpen))
    #expect(group.total.reserved == Self.large.count + 2)
    _ = script.end()
    #expect(group.total.reserved == 0)
  }

  @Test func aSlowLargeFrameEndsOnlyWhileOthersWait() {
    let group = Group(frames: 1)
    let slow = group.script(1)
    slow.feed(Array(Self.request(1).prefix(1000)))
    slow.advance(.milliseconds(1001))
    #expect(slow.closeReason == nil)
    let other = group.script(2)
    other.feed(Array(Self.request(1).prefix(1000)))
    #expect(slow.closeReason == .slowRequest)
    // It waits for the server, so it is neither late nor idle.
    for _ in 0..<400 {
      other.advance(.seconds(1))
      other.expire()
      #expect(other.closeReason == nil)
    }
    _ = slow.end()
    other.retry()
    #expect(!other.isBlocked)
  }

  @Test func aLargeFrameThatWaitsForTheServerIsNotSlow() {
    let group = Group(frames: 1)
    let script = group.script(1)
    script.takesTurns = false
    // A turn ends in front of the frame, and its beginning has room by then.
    let calls = (0..<64).map { ClientBytes.request(UInt32($0 * 2 + 1), "Echo") }
    script.feed(calls.flatMap { $0 } + Self.request(129))
    #expect(script.isYielding)
    #expect(group.total.reserved > 0)
    let other = group.script(2)
    other.feed(Self.request(1))
    #expect(other.isBlocked)
    script.advance(.seconds(10))
    #expect(script.closeReason == nil)
    script.takeTurn()
    #expect(script.output().last?.payload == Self.large)
    other.retry()
    #expect(other.output().map(\.payload) == [Self.large])
  }

  @Test func theLargestRequestAlwaysFits() {
    var limits = Limits()
    limits.totalInboundBytes = 1
    let total = InputTotal(limits)
    let first = total.reserve(limits.requestBytes, {})
    let second = total.reserve(1, {})
    #expect(first == nil)
    #expect(second?.isGranted == false)
  }
}
