import Synchronization
import TTRPC
import Testing

/// The owners of calls: the places that calls hold, and the end of calls whose owner is refused.
@Suite struct CallOwnerTests {
  /// An owner that counts the places that its calls hold.
  final class Owner: CallOwner {
    private let state = Mutex((refusal: RPCError?.none, held: 0, bytes: 0))

    var refusal: RPCError? { state.withLock { $0.refusal } }
    var held: Int { state.withLock { $0.held } }
    var bytes: Int { state.withLock { $0.bytes } }

    func refuse() {
      state.withLock {
        $0.refusal = RPCError(code: .unauthenticated, message: "The key was revoked.")
      }
    }

    func enter() { state.withLock { $0.held += 1 } }
    func answered(_ bytes: Int) { state.withLock { $0.bytes += bytes } }
    func leave(_ places: CallPlaces) {
      #expect(places == .call)
      state.withLock { $0.held -= 1 }
    }
  }

  /// Returns a script in which every call but those of Sum belongs to `owner` and holds a place.
  static func script(_ owner: Owner, _ limits: Limits = Limits()) -> ServerScript {
    let script = ServerScript(limits)
    script.onCall = { session, method in
      guard method != "Sum" else { return }
      owner.enter()
      session.own(owner, holding: .call)
    }
    return script
  }

  private static let everyKind: [UInt8] =
    ClientBytes.request(1, "Later", timeoutNanos: 1_000_000_000)
    + ClientBytes.request(3, "List", timeoutNanos: 1_000_000_000)
    + ClientBytes.request(5, "Chat", flags: .remoteOpen, timeoutNanos: 1_000_000_000)

  @Test func aCallThatIsAnsweredAtOnceHoldsNothing() {
    let owner = Owner()
    let script = Self.script(owner)
    script.feed(ClientBytes.request(1, "Echo", [1, 2]) + ClientBytes.request(3, "Refuse"))
    #expect(owner.held == 0)
    #expect(owner.bytes > 2)
  }

  @Test func answersEndsAndErrorsGivePlacesBack() {
    let owner = Owner()
    let script = Self.script(owner)
    script.feed(Self.everyKind)
    #expect(owner.held == 3)
    script.connection.complete(1, .success([1, 2, 3]))
    #expect(owner.held == 2)
    #expect(owner.bytes == 3)
    script.connection.complete(1, .success([1]))
    script.connection.finish(3, nil)
    script.connection.finish(5, RPCError(code: .notFound, message: ""))
    #expect(owner.held == 0)
    #expect(owner.bytes == 3)
  }

  @Test func deadlinesCancelsAndMistakesGivePlacesBack() {
    let owner = Owner()
    let script = Self.script(owner)
    script.feed(Self.everyKind)
    script.advance(.seconds(2))
    script.expire()
    #expect(owner.held == 0)
    let second = Self.script(owner)
    second.feed(ClientBytes.request(1, "Later", metadata: ClientBytes.extended))
    second.feed(ClientBytes.request(3, "List"))
    second.feed(ClientBytes.frame(.cancel, 1, []) + ClientBytes.data(3, [1]))
    #expect(owner.held == 0)
    #expect(second.callsInFlight == 0)
  }

  @Test func disconnectsAndDrainsGivePlacesBack() {
    let owner = Owner()
    let first = Self.script(owner)
    first.feed(Self.everyKind)
    _ = first.end()
    #expect(owner.held == 0)
    let second = Self.script(owner)
    second.feed(Self.everyKind)
    _ = second.endStreams()
    #expect(owner.held == 1)
    second.connection.complete(1, .success([]))
    #expect(owner.held == 0)
    let third = Self.script(owner)
    third.feed(Self.everyKind)
    third.connection.drain(graceMillis: 10)
    third.stopReading()
    #expect(owner.held == 2, "the client may still send on 5 only")
    _ = third.end()
    #expect(owner.held == 0)
  }

  @Test func anAnswerThatIsTooLargeGivesItsPlaceBack() {
    var limits = Limits()
    limits.responseBytes = 100
    let owner = Owner()
    let script = Self.script(owner, limits)
    script.feed(ClientBytes.request(1, "Echo", [UInt8](repeating: 1, count: 200)))
    script.feed(ClientBytes.request(3, "Later"))
    script.connection.complete(3, .success([UInt8](repeating: 1, count: 200)))
    #expect(owner.held == 0)
  }

  @Test func aCallWithoutAnOwnerDoesNotInheritTheLastOne() {
    let owner = Owner()
    let script = Self.script(owner)
    script.feed(ClientBytes.request(1, "Echo"))
    script.feed(ClientBytes.request(3, "Sum", flags: .remoteOpen))
    owner.refuse()
    script.endRefusedCalls()
    #expect(script.callsInFlight == 1)
  }

  // MARK: The end of a right

  @Test func streamsOfARefusedOwnerEndAtOnce() {
    let (owner, other) = (Owner(), Owner())
    let script = Self.script(owner)
    script.feed(ClientBytes.request(1, "List") + ClientBytes.request(3, "Chat", flags: .remoteOpen))
    script.onCall = { session, _ in
      other.enter()
      session.own(other, holding: .call)
    }
    script.feed(ClientBytes.request(5, "List"))
    script.endRefusedCalls()
    #expect(script.callsInFlight == 3)
    owner.refuse()
    script.endRefusedCalls()
    #expect(script.callsInFlight == 1)
    #expect(
      Set(script.log.suffix(2)) == ["refused 1 UNAUTHENTICATED", "refused 3 UNAUTHENTICATED"]
    )
    let frames = script.output()
    #expect(Set(frames.map(\.header.streamID)) == [1, 3])
    #expect(frames.allSatisfy { $0.error?.message == "The key was revoked." })
    #expect(owner.held == 0)
    #expect(other.held == 1)
  }

  @Test func queuedWorkEndsWithTheRefusalAndBegunWorkIsAnswered() {
    let owner = Owner()
    let script = Self.script(owner)
    script.feed([1, 3, 5].flatMap { ClientBytes.request($0, "Later") })
    owner.refuse()
    script.endRefusedCalls()
    #expect(script.log.filter { $0.hasPrefix("refused") }.count == 3, "the handlers are told")
    #expect(script.output() == [])
    script.connection.complete(
      1,
      .failure(RPCError(code: .cancelled, message: "The first 100 items were stored."))
    )
    script.connection.complete(3, .success([3]))
    script.connection.complete(5, .failure(RPCError(code: .notFound, message: "no such thing")))
    let frames = script.output()
    #expect(frames[0].error?.code == .unauthenticated)
    #expect(frames[0].error?.message == "The key was revoked. The first 100 items were stored.")
    #expect(frames[1].payload == [3])
    #expect(frames[2].error?.code == .notFound)
    #expect(owner.held == 0)
  }
}
