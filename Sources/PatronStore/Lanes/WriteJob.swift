/// One change, queued for the writer.
package struct WriteJob: Sendable {
  /// When the caller stops waiting; a job that is dequeued later is dropped.
  package let deadline: ContinuousClock.Instant?
  /// Bytes that the job keeps in memory while it waits; they count against
  /// ``StoreLimits/writeQueueBytes``.
  package let bytes: Int
  /// Where the answer goes.
  package let sink: any ReplySink
  /// Which call it answers.
  package let token: ReplyToken
  /// True when the job goes on with what is on disk already: then it runs also where its caller is
  /// gone.
  package let isBegun: Bool
  /// Does the work and returns the encoded answer. It runs again, in a transaction of its own, when
  /// the batch it was in had to be rolled back.
  package let run: @Sendable (WriteTransaction) throws -> [UInt8]

  /// A job for the writer.
  package init(
    deadline: ContinuousClock.Instant?,
    bytes: Int,
    sink: any ReplySink,
    token: ReplyToken,
    isBegun: Bool = false,
    run: @escaping @Sendable (WriteTransaction) throws -> [UInt8]
  ) {
    self.deadline = deadline
    self.bytes = bytes
    self.sink = sink
    self.token = token
    self.isBegun = isBegun
    self.run = run
  }
}
