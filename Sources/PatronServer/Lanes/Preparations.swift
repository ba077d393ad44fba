internal import DequeModule
internal import PatronStore
internal import TTRPC

/// A call whose batch is being checked before the writer gets it. Used on one I/O loop.
final class Preparation {
  /// The call. Its group is the connection.
  let token: ReplyToken
  let call: CallContext
  private var room: WriteReservation?
  private let check: (ContinuousClock.Instant) throws -> Bool
  private let submit: () throws -> Void

  /// Creates a preparation. `check` checks some items, ends early after an instant, and returns
  /// true if all are checked; then `submit` queues the write. `room` is held until then.
  init(
    _ token: ReplyToken,
    _ call: CallContext,
    _ room: WriteReservation?,
    check: @escaping (ContinuousClock.Instant) throws -> Bool,
    submit: @escaping () throws -> Void
  ) {
    self.token = token
    self.call = call
    self.room = room
    self.check = check
    self.submit = submit
  }

  /// Checks some items, and queues the write after the last one. Returns nil if items are left,
  /// otherwise the result, whose error is the answer to the call.
  func advance(until end: ContinuousClock.Instant) -> Result<Void, RPCError>? {
    do {
      guard try check(end) else { return nil }
      // From here on the queue counts the write.
      room = nil
      try submit()
      return .success(())
    } catch {
      return .failure(call.status(of: error))
    }
  }
}

/// The large batches of one I/O loop whose items are being checked, used on that loop only.
///
/// Connections get turns in rotation, each with one batch at a time; its further batches wait. A
/// round of turns takes as long as one turn of a connection may, and between two rounds the loop
/// serves its sockets.
final class Preparations {
  /// Items up to which a batch is checked at once, and that are checked in one turn.
  static let turnItems = 50

  private let loop: LoopHandle
  private let replies: any ReplySink
  private let roundTime: Duration
  /// The batches of each connection that has any, the next first.
  private var batches: [UInt64: Deque<Preparation>] = [:]
  /// The connections that have batches, the next first.
  private var turns: Deque<UInt64> = []
  private var isRoundPlanned = false

  init(_ loop: LoopHandle, _ replies: any ReplySink, roundTime: Duration) {
    self.loop = loop
    self.replies = replies
    self.roundTime = roundTime
  }

  /// True if a connection has batches here. A small one waits behind them, so that the batches of a
  /// connection are applied in their order.
  func hasBatches(of connection: UInt64) -> Bool {
    !batches.isEmpty && batches[connection] != nil
  }

  /// Queues a batch behind the others of its connection.
  func add(_ preparation: Preparation) {
    let connection = preparation.token.group
    if batches[connection] == nil { turns.append(connection) }
    batches[connection, default: []].append(preparation)
    planRound()
  }

  /// Drops the batch of a call whose caller is gone. Its reply is ``StoreError/cancelled``.
  func abandon(_ token: ReplyToken) {
    let connection = token.group
    guard let index = batches[connection]?.firstIndex(where: { $0.token == token }),
      let dropped = batches[connection]?.remove(at: index)
    else { return }
    let failure = Result<[UInt8], any Error>.failure(StoreError.cancelled)
    replies.deliver([Reply(dropped.token, failure, note: dropped.call.record)])
    guard batches[connection]?.isEmpty == true else { return }
    batches[connection] = nil
    turns.removeAll { $0 == connection }
  }

  private func planRound() {
    guard !isRoundPlanned, !turns.isEmpty else { return }
    isRoundPlanned = true
    loop.planRound()
  }

  /// Runs one round. Connections get turns until its time is up.
  func runRound() {
    isRoundPlanned = false
    let end = ContinuousClock.now + roundTime
    repeat {
      guard let connection = turns.popFirst() else { return }
      takeTurn(of: connection, until: end)
      if batches[connection] != nil { turns.append(connection) }
    } while .now < end
    planRound()
  }

  private func takeTurn(of connection: UInt64, until end: ContinuousClock.Instant) {
    guard let batch = batches[connection]?.first, let result = batch.advance(until: end) else {
      return
    }
    if case .failure(let error) = result {
      replies.deliver([Reply(batch.token, .failure(error), note: batch.call.record)])
    }
    batches[connection]?.removeFirst()
    if batches[connection]?.isEmpty == true { batches[connection] = nil }
  }
}
