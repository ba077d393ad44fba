/// A streaming handler, queued for the scan lane.
package struct ScanJob: Sendable {
  /// The store and the connection that the scan counts for.
  let flow: Flow
  /// The deadline of the call. Nil if it has none.
  package let deadline: ContinuousClock.Instant?
  package let sink: any ScanSink
  /// The handler. It runs on a thread of the scan lane.
  package let run: @Sendable (ReadTransaction, ScanStream) throws -> Void

  package init(
    store: StoreID,
    connection: UInt64,
    deadline: ContinuousClock.Instant?,
    sink: any ScanSink,
    run: @escaping @Sendable (ReadTransaction, ScanStream) throws -> Void
  ) {
    self.flow = Flow(store: store.name, connection: connection)
    self.deadline = deadline
    self.sink = sink
    self.run = run
  }
}
