/// A handler with a single reply: a scan, or a point read that exceeded its budget.
package struct ReadJob: Sendable {
  /// The deadline of the call. Nil if it has none.
  package let deadline: ContinuousClock.Instant?
  package let sink: any ReplySink
  /// The call that the reply is for.
  package let token: ReplyToken
  /// The handler. It runs on a thread of the scan lane and returns the encoded response.
  package let run: @Sendable (ReadTransaction) throws -> [UInt8]

  package init(
    deadline: ContinuousClock.Instant?,
    sink: any ReplySink,
    token: ReplyToken,
    run: @escaping @Sendable (ReadTransaction) throws -> [UInt8]
  ) {
    self.deadline = deadline
    self.sink = sink
    self.token = token
    self.run = run
  }
}
