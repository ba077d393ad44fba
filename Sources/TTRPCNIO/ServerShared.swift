import NIOCore
import Synchronization
import TTRPC

/// The state that all loops of one server share. Usable on any thread.
final class ServerShared: Sendable {
  let limits: Limits
  let gauge = CallGauge()
  let answers: AnswerTotal
  let input: InputTotal
  let freedMemory: FreedMemory
  let onClose: (@Sendable (Peer, CloseReason) -> Void)?
  let onEnd: (@Sendable (EndedConnection) -> Void)?
  let onNotice: (@Sendable (String) -> Void)?
  let counts: Bool
  let slowCalls: SlowCalls?
  private let onTLSNotice: (@Sendable (String) -> Void)?
  /// Nil if no listener speaks TLS.
  let certificates: ServerCertificates?
  private let connections = Atomic<Int>(0)
  /// The connections that have a place, at most `limits.connections`.
  private let places = Atomic<Int>(0)
  private let spare = Atomic<Int>(0)
  /// The connections with a place whose client has not proved who it is.
  let strangers = Atomic<Int>(0)
  private let operators = Atomic<Int>(0)
  private let peers = Mutex(PeerCounts())
  private let handshakeFailures = Mutex(HandshakeFailures())
  /// The last time at which all places were taken and one was wanted.
  private let lastCrowd = Mutex<ContinuousClock.Instant?>(nil)
  /// The listeners that accept nothing at present, and their number, which costs no lock to read.
  private let pausedListeners = Mutex<[any Channel]>([])
  private let pausedCount = Atomic<Int>(0)
  private let lastID = Atomic<UInt64>(0)

  init(_ configuration: TTRPCServer.Configuration, _ certificates: ServerCertificates?) {
    self.certificates = certificates
    limits = configuration.limits
    answers = AnswerTotal(configuration.limits)
    input = InputTotal(configuration.limits)
    freedMemory = FreedMemory(answers)
    onClose = configuration.onClose
    onEnd = configuration.onEnd
    onNotice = configuration.onNotice
    counts = configuration.counts
    slowCalls = configuration.slowCalls
    onTLSNotice = configuration.onTLSNotice ?? configuration.onNotice
  }

  var connectionCount: Int { connections.load(ordering: .relaxed) }

  /// Returns a number for a connection, unique within this server.
  func nextConnectionID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

  func connectionOpened() { connections.wrappingAdd(1, ordering: .relaxed) }

  /// Takes a place. Returns false if none is free.
  func takePlace() -> Bool {
    var taken = places.load(ordering: .relaxed)
    while taken < limits.connections {
      let (isTaken, now) = places.weakCompareExchange(
        expected: taken,
        desired: taken + 1,
        ordering: .relaxed
      )
      if isTaken { return true }
      taken = now
    }
    return false
  }

  func releasePlace() { places.wrappingSubtract(1, ordering: .relaxed) }

  /// Counts a connection of the operator's socket. Returns false if there are too many.
  func takeOperatorPlace() -> Bool {
    let count = operators.wrappingAdd(1, ordering: .relaxed).newValue
    if count <= TTRPCServer.maxOperatorConnections { return true }
    releaseOperatorPlace()
    return false
  }

  func releaseOperatorPlace() { operators.wrappingSubtract(1, ordering: .relaxed) }

  /// Counts a connection without a place. Returns their number, the new one included.
  func spareOpened() -> Int { spare.wrappingAdd(1, ordering: .relaxed).newValue }

  func spareClosed() { spare.wrappingSubtract(1, ordering: .relaxed) }

  /// Counts a connection of a host. Returns false if the host has too many.
  func enter(_ host: PeerHost) -> Bool {
    peers.withLock { $0.enter(host, limit: limits.peerConnections) }
  }

  func leave(_ host: PeerHost) { peers.withLock { $0.leave(host) } }

  /// Reports a TLS handshake that has failed, at most once a second.
  func handshakeFailed(_ address: String, _ reason: String) {
    let line = handshakeFailures.withLock { $0.add(address, reason, .now) }
    if let line { onTLSNotice?(line) }
  }

  /// Reports that new clients find all places taken, once in an episode.
  func placesAreTaken() {
    let now = ContinuousClock.now
    let isNew = lastCrowd.withLock { last in
      defer { last = now }
      return last.map { now - $0 >= AcceptPauses.quiet } ?? true
    }
    guard isNew else { return }
    onNotice?(
      "all \(limits.connections) places for connections are taken: idle clients give way to new "
        + "ones; \(Limits.flag(for: \.connections)) sets the number"
    )
  }

  /// Counts a connection whose descriptor is closed, which a paused listener may have waited for.
  func connectionClosed() {
    connections.wrappingSubtract(1, ordering: .relaxed)
    if pausedCount.load(ordering: .relaxed) > 0 { resumeListeners() }
  }

  /// Records that a listener has turned reading off, until the next connection closes.
  func listenerPaused(_ listener: any Channel) {
    pausedListeners.withLock { listeners in
      if !listeners.contains(where: { $0 === listener }) { listeners.append(listener) }
      pausedCount.store(listeners.count, ordering: .relaxed)
    }
  }

  private func resumeListeners() {
    let listeners = pausedListeners.withLock { listeners in
      defer { listeners = [] }
      pausedCount.store(0, ordering: .relaxed)
      return listeners
    }
    for listener in listeners {
      listener.setOption(.autoRead, value: true).whenFailure { _ in }
    }
  }

  var tooManyFromPeer: RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the client's address has \(limits.peerConnections) connections, which is the limit: use \
        fewer, or raise \(Limits.flag(for: \.connectionsPerPeer)) on the server
        """
    ).retrying(after: .seconds(1))
  }

  var tooManyOperators: RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the operator's socket has \(TTRPCServer.maxOperatorConnections) connections, which is the \
        limit: try again when other commands have ended
        """
    ).retrying(after: .seconds(1))
  }

  var tooManyConnections: RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the server has \(limits.connections) connections, which is the limit, and none is idle: \
        use fewer, try again later, or raise \(Limits.flag(for: \.connections)) on the server
        """
    ).retrying(after: .milliseconds(500))
  }
}
