/// A write, queued for the writer. A class, because it passes through several queues on its way.
package final class WriteJob: Sendable {
  /// The deadline of the call. A job that is dequeued later fails with
  /// ``StoreError/deadlineExceeded``.
  package let deadline: ContinuousClock.Instant?
  /// Memory held while the job waits, in bytes: what the request became, not its size on the wire.
  /// It counts against ``StoreLimits/writeQueueBytes``.
  package let bytes: Int
  /// Name of the store that the job writes to; empty for the server's own work.
  package let store: String
  /// Work of the job: 1 for a small write, more for many items or many bytes. The writer is divided
  /// among stores by it.
  package let cost: Int
  /// Cost of the further jobs of the same call, which are queued one after the other.
  package let following: Int
  package let sink: any ReplySink
  /// The call that the reply is for. Its group is the connection.
  package let token: ReplyToken
  /// True if the job goes on with a call of which a part is already on disk. The queue then takes
  /// it, however much waits.
  package let isFurther: Bool
  /// True if the job completes work that is already on disk. It then runs even if its caller is
  /// gone.
  package let isBegun: Bool
  /// True if the job deletes or erases, so that it may use the reserve of a full disk.
  package let usesReserve: Bool
  /// The time at which the job was made, which is that of its queueing.
  let madeAt = ContinuousClock.now
  /// Passed on to the reply.
  package let note: (any JobNote)?
  /// The handler. It returns the encoded response. If its batch is rolled back, it runs again in a
  /// transaction of its own.
  package let run: @Sendable (WriteTransaction) throws -> [UInt8]

  package init(
    deadline: ContinuousClock.Instant?,
    bytes: Int,
    sink: any ReplySink,
    token: ReplyToken,
    store: String = "",
    cost: Int = 1,
    following: Int = 0,
    isFurther: Bool = false,
    isBegun: Bool = false,
    usesReserve: Bool = false,
    note: (any JobNote)? = nil,
    run: @escaping @Sendable (WriteTransaction) throws -> [UInt8]
  ) {
    self.deadline = deadline
    self.bytes = bytes
    self.sink = sink
    self.token = token
    self.store = store
    self.cost = max(cost, 1)
    self.following = following
    self.isFurther = isFurther || isBegun
    self.isBegun = isBegun
    self.usesReserve = usesReserve
    self.note = note
    self.run = run
  }
}
