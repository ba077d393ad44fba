internal import PatronStore
internal import TTRPC

/// Hands the lanes' answers to one I/O loop.
final class LoopReplies: ReplySink {
  private let loop: any ServerLoop

  init(_ loop: any ServerLoop) { self.loop = loop }

  func deliver(_ replies: [Reply]) {
    loop.complete(
      replies.map { reply in
        Completion(
          target: ReplyTarget(
            connection: reply.token.group, stream: UInt32(truncatingIfNeeded: reply.token.item)),
          result: reply.result.mapError(RPCError.from))
      })
  }
}

/// Ends the reader's snapshot after the tick in which it was opened.
///
/// `@unchecked Sendable`: `reader` is set once before the loop runs and used on the loop only.
final class LoopTick: @unchecked Sendable {
  private let loop: any ServerLoop
  weak var reader: PointReader?

  init(_ loop: any ServerLoop) { self.loop = loop }

  func endSoon() {
    loop.execute { self.reader?.endTick() }
  }
}
