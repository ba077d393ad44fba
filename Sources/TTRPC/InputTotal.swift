import Synchronization

/// The large input of all connections of a server, in bytes, against ``Limits/totalInboundBytes``:
/// large frames from their header until they are handled, and the messages of streams until their
/// handlers have consumed them. Usable on any thread.
///
/// A frame reserves its length before the rest of it is read. Connections that find no room wait
/// in the order in which they asked. Small requests need no room and never wait.
public final class InputTotal: Sendable {
  /// The data of a request, in bytes, up to which it needs no room.
  package static let smallFrame = 64 << 10

  private let limit: Int
  private let state = Mutex(State())

  private struct State {
    var bytes = 0
    /// The claims that are not granted, the oldest first.
    var waiting: [InputClaim] = []

    /// Grants claims while they fit. Returns them.
    mutating func grant(_ limit: Int) -> [InputClaim] {
      var granted: [InputClaim] = []
      while granted.count < waiting.count {
        let claim = waiting[granted.count]
        guard bytes + claim.count <= limit else { break }
        bytes += claim.count
        claim.grant()
        granted.append(claim)
      }
      waiting.removeFirst(granted.count)
      return granted
    }
  }

  /// Creates a total with nothing in it. The largest request always fits an empty total.
  public init(_ limits: Limits) { limit = max(limits.totalInboundBytes, limits.requestBytes) }

  /// The bytes reserved now.
  package var reserved: Int { state.withLock { $0.bytes } }

  /// The number of connections that wait for room.
  package var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Reserves `count` bytes. Returns nil, or if they do not fit, a claim that waits behind all
  /// others. `onGrant` runs on any thread.
  func reserve(_ count: Int, _ onGrant: @escaping @Sendable () -> Void) -> InputClaim? {
    state.withLock { state in
      if state.waiting.isEmpty, state.bytes + count <= limit {
        state.bytes += count
        return nil
      }
      let claim = InputClaim(count, onGrant)
      state.waiting.append(claim)
      return claim
    }
  }

  /// Counts bytes without asking for room, or gives back room if `difference` is negative.
  func add(_ difference: Int) {
    if difference == 0 { return }
    let granted = state.withLock { state in
      state.bytes += difference
      return state.grant(limit)
    }
    for claim in granted { claim.onGrant() }
  }

  /// Ends a claim, and gives its room back if it was granted.
  func withdraw(_ claim: InputClaim) {
    let granted = state.withLock { state in
      if let index = state.waiting.firstIndex(where: { $0 === claim }) {
        state.waiting.remove(at: index)
      } else {
        state.bytes -= claim.count
      }
      return state.grant(limit)
    }
    for claim in granted { claim.onGrant() }
  }
}

/// The wait of one connection for room in an ``InputTotal``.
final class InputClaim: Sendable {
  /// The room that was asked for, in bytes.
  let count: Int
  let onGrant: @Sendable () -> Void
  private let granted = Atomic<Bool>(false)

  init(_ count: Int, _ onGrant: @escaping @Sendable () -> Void) {
    self.count = count
    self.onGrant = onGrant
  }

  var isGranted: Bool { granted.load(ordering: .acquiring) }

  fileprivate func grant() { granted.store(true, ordering: .releasing) }
}

/// The share of one connection in an ``InputTotal``. Used on its I/O thread only. Call ``end()``
/// before the last use.
struct InputReserve {
  private let total: InputTotal?
  private let onGrant: @Sendable () -> Void
  private var claim: InputClaim?
  /// The bytes reserved for the frame that arrives.
  private var arriving = 0
  /// The time since which the client is expected to send the rest of that frame, measured from
  /// ``anchor``; nil while the server does not go on with it.
  private var expectedSince: Duration?
  /// The bytes reserved for the frame that is being handled.
  private var handling = 0
  /// The bytes of messages that handlers have not consumed.
  private var queued = 0

  /// The time that a large frame may take while other connections wait for its room.
  static let patience = Duration.seconds(1)
  private static let anchor = ContinuousClock.now

  /// Creates a share of a total, or of none if input is not bounded.
  init(_ total: InputTotal? = nil, onGrant: @escaping @Sendable () -> Void = {}) {
    self.total = total
    self.onGrant = onGrant
  }

  /// True while the connection waits for room.
  var isWaiting: Bool { claim.map { !$0.isGranted } ?? false }

  /// Reserves room for the frame that arrives, once. Returns false if the connection must wait.
  mutating func admits(_ count: Int) -> Bool {
    guard let total, arriving == 0, count > 0 else { return true }
    if let claim {
      guard claim.isGranted else { return false }
      self.claim = nil
    } else if let claim = total.reserve(count, onGrant) {
      self.claim = claim
      return false
    }
    arriving = count
    return true
  }

  /// Records that the client must send more.
  mutating func expectMore(_ now: ContinuousClock.Instant) {
    if arriving > 0, expectedSince == nil { expectedSince = Self.anchor.duration(to: now) }
  }

  /// Records that the frame waits for the server.
  mutating func expectNothing() { expectedSince = nil }

  /// Records that the frame is whole and is handled next.
  mutating func beginHandling() {
    if arriving == 0, claim == nil { return }
    handling = arriving
    arriving = 0
    expectedSince = nil
    // The stream for whose message it asked may have ended.
    if let claim { total?.withdraw(claim) }
    claim = nil
  }

  /// Gives back the room of a frame that was handled.
  mutating func endHandling() {
    if handling == 0 { return }
    total?.add(-handling)
    handling = 0
  }

  /// Moves the room of the frame that is being handled to a message of a stream.
  mutating func deliver(_ count: Int) {
    total?.add(count - handling)
    handling = 0
    queued += count
  }

  /// Gives back the room of messages that were consumed or dropped.
  mutating func release(_ count: Int) {
    queued -= count
    total?.add(-count)
  }

  /// Gives everything back.
  mutating func end() {
    if let claim { total?.withdraw(claim) }
    claim = nil
    total?.add(-(arriving + handling + queued))
    (arriving, handling, queued) = (0, 0, 0)
    expectedSince = nil
  }

  /// Returns true if the large frame that arrives takes too long for the connections that wait.
  func isTooSlow(_ now: ContinuousClock.Instant) -> Bool {
    guard let since = expectedSince, let total else { return false }
    return Self.anchor.duration(to: now) - since > Self.patience && total.waitingCount > 0
  }

  /// Leaves a time during which the server stood still out of the frame's time.
  mutating func forgive(_ stall: Duration) { expectedSince = expectedSince.map { $0 + stall } }
}

extension ServerConnection {
  /// Bounds the input of this connection together with that of others. `onRoom` runs on any thread
  /// when a ``ServerStep/blocked`` that waits for room may end. Call it before the first input.
  public mutating func shareInput(
    _ total: InputTotal,
    onRoom: @escaping @Sendable () -> Void
  ) {
    inbound = InputReserve(total, onGrant: onRoom)
  }

  /// Returns true if the rest of a frame may be read whose beginning is `rest`.
  mutating func mayReadOn(_ rest: UnsafeRawBufferPointer) -> Bool {
    guard rest.count >= FrameHeader.byteCount, let base = rest.baseAddress else { return true }
    if case .closing = phase { return true }
    let length = Int(FrameHeader(decoding: base).length)
    return length <= InputTotal.smallFrame || inbound.admits(length)
  }

  /// Returns true if there is room for a whole frame: a small request needs none, a message stays
  /// until its handler consumes it.
  mutating func hasRoom(for frame: Frame) -> Bool {
    let isMessage =
      frame.header.type == .data && calls[frame.header.streamID]?.takesMessages == true
    guard isMessage || frame.body.count > InputTotal.smallFrame else { return true }
    if case .closing = phase { return true }
    return inbound.admits(frame.body.count)
  }
}
