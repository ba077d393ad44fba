import PatronClient
import Synchronization
import Testing

/// Watches that outlive their calls.
struct EventWatchTests {
  private static let gone = RPCError(code: .unavailable, message: "the connection closed")

  private static func event(_ sequence: Int64) -> WatchTimelineResponse {
    .with {
      $0.sequence = sequence
      $0.event = .with { $0.id = sequence }
    }
  }

  private static func position(_ sequence: Int64) -> WatchTimelineResponse {
    .with { $0.sequence = sequence }
  }

  @Test func goesOnAfterTheLastPosition() async throws {
    let channel = FakeChannel([
      .init(answers: [Self.position(5), Self.event(6), Self.position(8)], end: .ended),
      .init(end: .failed(Self.gone)),
      .init(end: .failed(RPCError(code: .aborted, message: "merged"))),
      .init(answers: [Self.position(8), Self.event(9)], end: .failed(Self.gone)),
      .init(answers: [Self.event(12)]),
    ])
    let interruptions = Mutex<[StatusCode?]>([])
    let watch = PatronClient(channel: channel).timeline.watch(.with { $0.storeID = "shop" }) {
      error in interruptions.withLock { $0.append(error?.code) }
    }
    var sequences: [Int64] = []
    var events: [Int64] = []
    for try await change in watch {
      sequences.append(change.sequence)
      if let event = change.event { events.append(event.id) }
      if change.sequence == 12 { break }
    }
    #expect(sequences == [5, 6, 8, 8, 9, 12])
    #expect(events == [6, 9, 12])
    // Once for an interruption, however many attempts it takes.
    #expect(interruptions.withLock { $0 } == [nil, .unavailable])
    let requests = try channel.requests(WatchTimelineRequest.self)
    #expect(requests.map(\.afterSequence) == [0, 8, 8, 8, 9])
    #expect(requests.allSatisfy { $0.storeID == "shop" })
    #expect(channel.cancellations == [true, true, true, true, true])
  }

  @Test func leavingTheLoopEndsTheCall() async throws {
    let channel = FakeChannel([.init(answers: [Self.event(1), Self.event(2)])])
    for try await _ in PatronClient(channel: channel).timeline.watch() { break }
    #expect(channel.cancellations == [true])
  }

  @Test func beforeTheFirstMessageEveryErrorIsThrown() async throws {
    let channel = FakeChannel([.init(end: .failed(Self.gone)), .init(answers: [Self.event(1)])])
    var watch = PatronClient(channel: channel).timeline.watch().makeAsyncIterator()
    let error = await #expect(throws: RPCError.self) { try await watch.next() }
    #expect(error == Self.gone)
    #expect(try await watch.next() == nil)
    #expect(channel.calls.count == 1)
  }

  @Test(arguments: [StatusCode.outOfRange, .notFound, .invalidArgument, .internal, .dataLoss])
  func errorsThatAnotherCallWouldMeetAreThrown(_ code: StatusCode) async throws {
    let error = RPCError(code: code, message: "no")
    let channel = FakeChannel([.init(answers: [Self.event(1)], end: .failed(error))])
    var watch = PatronClient(channel: channel).timeline.watch().makeAsyncIterator()
    #expect(try await watch.next()?.sequence == 1)
    let thrown = await #expect(throws: RPCError.self) { try await watch.next() }
    #expect(thrown == error)
    #expect(try await watch.next() == nil)
    #expect(channel.calls.count == 1)
  }

  @Test(arguments: [StatusCode.unavailable, .resourceExhausted, .aborted, .deadlineExceeded])
  func errorsThatPassAreWaitedFor(_ code: StatusCode) async throws {
    let error = RPCError(code: code, message: "not now")
    let channel = FakeChannel([
      .init(answers: [Self.event(1)], end: .failed(error)), .init(answers: [Self.event(2)]),
    ])
    var watch = PatronClient(channel: channel).timeline.watch().makeAsyncIterator()
    #expect(try await watch.next()?.sequence == 1)
    #expect(try await watch.next()?.sequence == 2)
  }

  @Test(arguments: [FakeChannel.Script.End.open, .ended])
  func cancellingTheTaskEndsIt(_ end: FakeChannel.Script.End) async throws {
    // The second call fails, so that the watch is cancelled while it waits, or while it reads.
    let channel = FakeChannel(
      [.init(answers: [Self.event(1)], end: end)]
        + Array(repeating: .init(end: .failed(Self.gone)), count: 100)
    )
    let first = Mutex(false)
    let loop = Task {
      for try await _ in PatronClient(channel: channel).timeline.watch() {
        first.withLock { $0 = true }
      }
    }
    while !first.withLock({ $0 }) { await Task.yield() }
    loop.cancel()
    await #expect(throws: RPCError.self) { try await loop.value }
    #expect(channel.cancellations.allSatisfy { $0 })
  }

  @Test func aCallLastsADayUnlessTheOptionsSayOtherwise() async throws {
    let channel = FakeChannel([.init(), .init()])
    let patron = PatronClient(channel: channel)
    for timeout in [nil, Duration.seconds(3)] {
      let watch = patron.timeline.watch(options: CallOptions(timeout: timeout))
      let count = channel.calls.count
      let reading = Task { for try await _ in watch {} }
      while channel.calls.count == count { await Task.yield() }
      reading.cancel()
      _ = await reading.result
    }
    #expect(channel.calls.map(\.options.timeout) == [.seconds(86_400), .seconds(3)])
  }
}
