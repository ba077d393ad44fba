import Synchronization

/// The answers of one connection that its client has not taken, in bytes. Usable on any thread: the
/// I/O thread counts what is on its way to the socket, lanes count what they have made, and a lane
/// asks for room before it makes more.
public final class AnswerAccount: Sendable {
  /// The answers of all connections of the server.
  let total: AnswerTotal
  private let limits: Limits
  private let bytes = Atomic<Int>(0)

  init(_ total: AnswerTotal, _ limits: Limits) {
    self.total = total
    self.limits = limits
  }

  deinit { total.add(-bytes.load(ordering: .relaxed)) }

  /// The bytes counted now. The value may be out of date when it is returned.
  package var untaken: Int { bytes.load(ordering: .relaxed) }

  package func add(_ difference: Int) {
    if difference == 0 { return }
    bytes.wrappingAdd(difference, ordering: .relaxed)
    total.add(difference)
  }

  /// The error for a call that must not run, because nobody takes its answer or too many answers
  /// wait; nil if there is room. A lane asks right before it runs the call.
  package var refusal: RPCError? {
    if untaken > limits.outboundBytes { return ServerErrors.answersUnread(limits) }
    return total.isFull ? ServerErrors.serverMemory(limits) : nil
  }
}

/// The answers of all connections of a server that clients have not taken, in bytes, against
/// ``Limits/totalOutboundBytes``. Usable on any thread.
public final class AnswerTotal: Sendable {
  private let limit: Int
  private let bytes = Atomic<Int>(0)
  /// The most that was counted since ``takePeak()``. Threads that count at once may miss a little.
  private let peak = Atomic<Int>(0)

  /// Creates a total with nothing in it.
  public init(_ limits: Limits) { limit = limits.totalOutboundBytes }

  /// The bytes counted now.
  package var untaken: Int { bytes.load(ordering: .relaxed) }

  /// True if calls must be refused.
  package var isFull: Bool { untaken > limit }

  /// True if connections whose clients do not read must give way, so that the total stays below the
  /// limit for others.
  package var isPressed: Bool { untaken > limit / 4 * 3 }

  package func add(_ difference: Int) {
    let value = bytes.wrappingAdd(difference, ordering: .relaxed).newValue
    if difference > 0, value > peak.load(ordering: .relaxed) {
      peak.store(value, ordering: .relaxed)
    }
  }

  /// Returns the peak and begins the next one, if the total has fallen below a quarter of it and
  /// it was at least `bytes`.
  package func takePeak(atLeast bytes: Int) -> Int? {
    let last = peak.load(ordering: .relaxed)
    let now = untaken
    guard last >= bytes, now < last / 4 else { return nil }
    peak.store(now, ordering: .relaxed)
    return last
  }

  /// Makes the account of a connection.
  package func makeAccount(_ limits: Limits) -> AnswerAccount { AnswerAccount(self, limits) }
}

/// The answer of one queued call, counted from the time at which it was made until the call is
/// released. A call that runs again replaces what its first run made.
package final class AnswerHold: Sendable {
  private let account: AnswerAccount
  private let bytes = Atomic<Int>(0)

  package init(_ account: AnswerAccount) { self.account = account }

  deinit { account.add(-bytes.load(ordering: .relaxed)) }

  /// Throws ``AnswerAccount/refusal``. What an earlier run of the call made is gone.
  package func requireRoom() throws(RPCError) {
    keep(0)
    if let refusal = account.refusal { throw refusal }
  }

  /// Counts the answer that was made, in bytes.
  package func keep(_ count: Int) {
    account.add(count - bytes.exchange(count, ordering: .relaxed))
  }
}

/// The request of one call that waits for a long read, counted in the total of answers until it is
/// released. A request that is no larger than the state of a call is not counted.
package final class RequestHold: Sendable {
  private let total: AnswerTotal
  private let bytes: Int

  /// The length of a request, in bytes, up to which it is not counted.
  package static let freeBytes = 1 << 10
  /// Memory for each byte of a request: its texts are values of their own.
  private static let bytesForByte = 4

  /// Counts a request of `length` bytes. Returns nil if there is nothing to count.
  package init?(_ account: AnswerAccount?, length: Int) {
    guard let account, length > Self.freeBytes else { return nil }
    total = account.total
    bytes = length * Self.bytesForByte
    total.add(bytes)
  }

  deinit { total.add(-bytes) }
}

/// The expected answers of a connection's pending calls. Used on its I/O thread only.
///
/// No one knows the size of an answer before it is made. The estimate begins so that 64 calls fit
/// the limit, follows larger answers at once and smaller ones by halves: an ordinary client is held
/// back for a few answers only.
struct AnswerReserve {
  private(set) var bytes = 0
  private(set) var estimate: Int

  private static let floor = 1 << 10

  init(_ limits: Limits) { estimate = max(Self.floor, limits.outboundBytes / 64) }

  /// Reserves room for one answer. Returns the bytes to give back.
  mutating func take() -> Int {
    bytes += estimate
    return estimate
  }

  mutating func giveBack(_ reserved: Int) { bytes -= reserved }

  /// Records the size of an answer; 0 for an error.
  mutating func learn(_ size: Int) { estimate = max(size, estimate / 2, Self.floor) }
}
