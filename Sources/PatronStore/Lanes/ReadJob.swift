/// A handler with a single reply that takes long: a point read that exceeded its budget.
package struct ReadJob: Sendable {
  /// The store and the connection that the read counts for.
  let flow: Flow
  /// The deadline of the call. Nil if it has none.
  package let deadline: ContinuousClock.Instant?
  package let sink: any ReplySink
  /// The call that the reply is for. Its group is the connection.
  package let token: ReplyToken
  /// Passed on to the reply.
  package let note: (any JobNote)?
  /// The handler. It runs on a thread of its lane and returns the encoded response.
  package let run: @Sendable (ReadTransaction) throws -> [UInt8]

  package init(
    store: StoreID,
    deadline: ContinuousClock.Instant?,
    sink: any ReplySink,
    token: ReplyToken,
    note: (any JobNote)? = nil,
    run: @escaping @Sendable (ReadTransaction) throws -> [UInt8]
  ) {
    self.flow = Flow(store: store.name, connection: token.group)
    self.deadline = deadline
    self.sink = sink
    self.token = token
    self.note = note
    self.run = run
  }
}
