/// A write, queued for the writer.
package struct WriteJob: Sendable {
  /// The deadline of the call. A job that is dequeued later fails with
  /// ``StoreError/deadlineExceeded``.
  package let deadline: ContinuousClock.Instant?
  /// Memory held while the job waits, in bytes. It counts against ``StoreLimits/writeQueueBytes``.
  package let bytes: Int
  package let sink: any ReplySink
  /// The call that the reply is for.
  package let token: ReplyToken
  /// True if the job continues work that is already on disk. It then runs even if its caller is
  /// gone.
  package let isBegun: Bool
  /// True if the job deletes or erases, so that it may use the reserve of a full disk.
  package let usesReserve: Bool
  /// The handler. It returns the encoded response. If its batch is rolled back, it runs again in a
  /// transaction of its own.
  package let run: @Sendable (WriteTransaction) throws -> [UInt8]

  package init(
    deadline: ContinuousClock.Instant?,
    bytes: Int,
    sink: any ReplySink,
    token: ReplyToken,
    isBegun: Bool = false,
    usesReserve: Bool = false,
    run: @escaping @Sendable (WriteTransaction) throws -> [UInt8]
  ) {
    self.deadline = deadline
    self.bytes = bytes
    self.sink = sink
    self.token = token
    self.isBegun = isBegun
    self.usesReserve = usesReserve
    self.run = run
  }
}
