package import PatronModel
package import PatronStore

/// A read that the audit log records before it begins, such as an export.
package struct AuditedRead: Sendable {
  /// The kind of the row.
  let action: AuditAction
  /// Returns the objects of the row, or nil if there is nothing to record because the read will be
  /// refused. Runs on the writer's thread, so it may look up an id.
  let targets: @Sendable (StoreReader) throws -> [AuditTarget]?

  package init(
    _ action: AuditAction,
    targets: @escaping @Sendable (StoreReader) throws -> [AuditTarget]? = { _ in [] }
  ) {
    self.action = action
    self.targets = targets
  }

  /// Makes the job that writes the row. When it is on disk, `begin` starts the read; a job that is
  /// refused refuses the read. Both run on the writer's thread or on that of the caller.
  func job(
    _ call: CallContext,
    _ token: ReplyToken,
    begin: @escaping @Sendable () throws -> Void,
    refuse: @escaping @Sendable (any Error) -> Void
  ) -> WriteJob {
    WriteJob(
      deadline: call.deadline,
      bytes: Self.jobBytes,
      sink: AuditedReadStart(begin: begin, refuse: refuse),
      token: token,
      store: call.store.name
    ) { [self] transaction in
      let reader = StoreReader(transaction.read, call.store)
      guard let found = try targets(reader) else { return [] }
      transaction.auditCaller = call.auditCaller(at: call.now)
      transaction.record(action, store: call.store.name, found)
      return []
    }
  }

  /// Memory of a job, in bytes: its closures and a context.
  private static let jobBytes = 1024
}

/// The sink of a row of the audit log that a read waits for.
private final class AuditedReadStart: ReplySink {
  private let begin: @Sendable () throws -> Void
  private let refuse: @Sendable (any Error) -> Void

  init(
    begin: @escaping @Sendable () throws -> Void,
    refuse: @escaping @Sendable (any Error) -> Void
  ) {
    self.begin = begin
    self.refuse = refuse
  }

  func deliver(_ replies: [Reply]) {
    for reply in replies {
      do {
        _ = try reply.result.get()
        try begin()
      } catch {
        refuse(error)
      }
    }
  }
}
