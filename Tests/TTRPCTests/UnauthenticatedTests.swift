import TTRPC
import Testing

/// Connections whose client has not proved who it is.
@Suite struct UnauthenticatedTests {
  private static func limits() -> Limits {
    var limits = Limits()
    limits.unauthenticated = UnauthenticatedLimits()
    return limits
  }

  /// Returns a script in which a call of Echo proves who the client is.
  private static func script() -> ServerScript {
    let script = ServerScript(limits())
    script.onCall = { session, method in if method == "Echo" { session.isAuthenticated = true } }
    return script
  }

  @Test func aConnectionIsAuthenticatedUnlessKeysAreNeeded() {
    #expect(ServerScript().connection.session.isAuthenticated)
    #expect(!Self.script().connection.session.isAuthenticated)
  }

  @Test func framesAreSmallUntilAKeyIsAccepted() {
    let script = Self.script()
    script.onCall = { _, _ in }
    script.feed(ServerLimitTests.request(1, envelopeBytes: 4096))
    #expect(script.output().first?.payload?.isEmpty == false)
    let large = ServerLimitTests.request(3, envelopeBytes: 4097)
    script.feed(large)
    let error = script.output().first?.error
    #expect(error?.code == .unauthenticated)
    #expect(error?.message.contains("4097 bytes") == true)
    #expect(error?.message.contains("4096") == true)
    script.onCall = { session, _ in session.isAuthenticated = true }
    script.feed(
      ClientBytes.request(5, "Echo", [5]) + ServerLimitTests.request(7, envelopeBytes: 5000)
    )
    let frames = script.output()
    #expect(frames.map(\.header.streamID) == [5, 7])
    #expect(frames.allSatisfy { $0.error == nil })
  }

  @Test func theSmallerLimitOfFramesCounts() {
    var limits = Self.limits()
    limits.requestBytes = 2000
    let script = ServerScript(limits)
    script.feed(ServerLimitTests.request(1, envelopeBytes: 2001))
    #expect(script.output().first?.error?.message.contains("limit is 2000") == true)
  }

  @Test func fiveSecondsToAuthenticate() {
    let script = Self.script()
    // Calls without a key, one of them an open stream, do not prolong the time.
    script.feed(ClientBytes.request(1, "List"))
    script.advance(.seconds(3))
    script.feed(ClientBytes.request(3, "Refuse"))
    _ = script.output()
    script.advance(.seconds(2))
    #expect(script.closeReason == nil)
    script.advance(.milliseconds(1))
    #expect(script.closeReason == .unauthenticated)
    #expect(script.close(.unauthenticated) == [1])
    let frames = script.output()
    #expect(frames.map(\.description) == ["response 1 UNAUTHENTICATED"])
    #expect(frames.first?.error?.message.contains("5000 ms") == true)
  }

  @Test func anExtendedClientIsToldThatItsConnectionEnds() {
    let script = Self.script()
    script.feed(ClientBytes.request(1, "Refuse", metadata: ClientBytes.extended))
    _ = script.output()
    script.advance(.seconds(6))
    #expect(script.closeReason == .unauthenticated)
    #expect(script.close(.unauthenticated) == [])
    #expect(script.output().map(\.header.type) == [.goaway])
  }

  @Test func anAuthenticatedConnectionStays() {
    let script = Self.script()
    script.advance(.seconds(5))
    script.feed(ClientBytes.request(1, "Echo", [1]))
    _ = script.output()
    script.advance(.seconds(60))
    #expect(script.closeReason == nil)
  }

  // MARK: The end of a key

  /// Returns a script in which every call proves that its caller is `owner`, and those of List that
  /// it is `other`.
  private static func script(
    _ limits: Limits,
    _ owner: CallOwnerTests.Owner,
    _ other: CallOwnerTests.Owner = CallOwnerTests.Owner()
  ) -> ServerScript {
    let script = ServerScript(limits)
    script.onCall = { session, method in
      let caller = method == "List" ? other : owner
      session.own(caller)
      session.isAuthenticated = true
      session.caller = caller
    }
    return script
  }

  @Test func aConnectionIsAStrangersAgainWhenItsKeyEnds() {
    let owner = CallOwnerTests.Owner()
    let script = Self.script(Self.limits(), owner)
    script.feed(ClientBytes.request(1, "Echo", [1]))
    script.advance(.seconds(60))
    #expect(!script.dismissCaller())
    owner.refuse()
    #expect(script.dismissCaller())
    #expect(!script.dismissCaller())
    _ = script.output()
    script.feed(ServerLimitTests.request(3, envelopeBytes: 4097))
    #expect(script.output().first?.error?.code == .unauthenticated)
    script.advance(.seconds(5))
    #expect(script.closeReason == nil)
    script.advance(.milliseconds(1))
    #expect(script.closeReason == .unauthenticated)
  }

  @Test func anotherKeyLetsTheConnectionGoOn() {
    let owner = CallOwnerTests.Owner()
    let script = Self.script(Self.limits(), owner)
    script.feed(ClientBytes.request(1, "Echo", [1]))
    owner.refuse()
    #expect(script.dismissCaller())
    script.feed(ClientBytes.request(3, "List") + ServerLimitTests.request(5, envelopeBytes: 5000))
    #expect(script.output().allSatisfy { $0.error == nil })
  }

  @Test func theOpenCallOfAnotherCallerKeepsTheConnection() {
    let owner = CallOwnerTests.Owner()
    let script = Self.script(Self.limits(), owner)
    script.feed(ClientBytes.request(1, "List") + ClientBytes.request(3, "Echo", [3]))
    owner.refuse()
    #expect(!script.dismissCaller())
    script.connection.finish(1, nil)
    #expect(script.dismissCaller())
  }

  @Test func whereNobodyNeedsAKeyItsEndLeavesTheConnection() {
    let owner = CallOwnerTests.Owner()
    let script = Self.script(Limits(), owner)
    script.feed(ClientBytes.request(1, "Echo", [1]))
    owner.refuse()
    #expect(!script.dismissCaller())
    #expect(script.connection.session.isAuthenticated)
  }

  @Test func timeInWhichTheServerStoodStillDoesNotCount() {
    let script = Self.script()
    script.advance(.seconds(6))
    script.connection.forgive(.seconds(2))
    #expect(script.closeReason == nil)
    script.connection.inputWaits(until: script.now)
    script.advance(.seconds(2))
    #expect(script.closeReason == .unauthenticated, "input that waits prolongs nothing")
  }

  @Test func aTenthOfThePlaces() {
    var limits = Limits()
    #expect(limits.unauthenticatedConnections == 102)
    limits.connections = 9
    #expect(limits.unauthenticatedConnections == 1)
  }
}
