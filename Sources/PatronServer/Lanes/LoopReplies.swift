internal import PatronStore
internal import TTRPC

/// The sink that hands the lanes' replies to one I/O loop.
final class LoopReplies: ReplySink {
  private let loop: any ServerLoop
  /// The errors of each method. The note of a reply's token is the method's index.
  private let errors: [CallErrors]
  private let slowCalls: SlowCallLog?

  init(_ loop: any ServerLoop, _ errors: [CallErrors], _ slowCalls: SlowCallLog? = nil) {
    self.loop = loop
    self.errors = errors
    self.slowCalls = slowCalls
  }

  func deliver(_ replies: [Reply]) {
    loop.complete(
      replies.map { reply in
        let record = reply.note as? CallRecord
        if let slowCalls, let record { slowCalls.expect(record) }
        return Completion(
          target: ReplyTarget(
            connection: reply.token.group,
            stream: UInt32(truncatingIfNeeded: reply.token.item)
          ),
          result: reply.result.mapError { errors[reply.token.note].status(ofLane: $0, record) }
        )
      }
    )
  }
}
