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
