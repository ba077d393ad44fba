package import PatronModel
internal import SQLite

/// The rows of the audit log that the writer's current job adds, and the end of their chain. They
/// are written when the job has succeeded, in its transaction. Owned by the writer.
final class AuditTrail {
  /// A row before it is written.
  fileprivate struct Entry {
    let action: AuditAction
    let store: String
    let result: Int64
    /// The caller of a row of its own; nil for the caller of the job.
    var caller: AuditCaller?
    var targets: [AuditTarget] = []
    /// Targets beyond ``AuditTrail/maxTargets``.
    var more = 0

    var text: String {
      let named = more > 0 ? targets + [.more(more)] : targets
      return named.map(\.text).joined(separator: " ")
    }
  }

  /// Targets that a row names; it counts the others. A piece of a batch has as many items.
  static let maxTargets = 100

  /// The caller of the current job.
  var caller = AuditCaller.server
  private var entries: [Entry] = []
  /// The last row of the log; nil if only the database knows it.
  private var end: AuditPlace?

  private static let insert = Query(
    """
    INSERT INTO audit (seq, store_id, at, key_id, on_behalf_of, peer, action, targets, result,
      request_id, hash)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    """
  )

  /// Begins a job, of the server itself until ``caller`` is set.
  func begin() {
    caller = .server
    if !entries.isEmpty { entries.removeAll(keepingCapacity: true) }
  }

  /// Notes an action of the job. Actions of one kind in one store share a row.
  func note(_ action: AuditAction, _ store: String, _ targets: [AuditTarget], _ result: Int64) {
    let known = entries.firstIndex {
      $0.caller == nil && $0.action == action && $0.store == store && $0.result == result
    }
    let index = known ?? entries.count
    if known == nil { entries.append(Entry(action: action, store: store, result: result)) }
    for target in targets where entries[index].targets.last != target {
      if entries[index].targets.count < Self.maxTargets {
        entries[index].targets.append(target)
      } else {
        entries[index].more += 1
      }
    }
  }

  /// Notes an action of another caller, which has a row of its own.
  func note(
    _ action: AuditAction,
    _ store: String,
    _ targets: [AuditTarget],
    _ result: Int64,
    by caller: AuditCaller
  ) {
    entries.append(
      Entry(action: action, store: store, result: result, caller: caller, targets: targets)
    )
  }

  /// Writes the rows of the job.
  func write(in transaction: WriteTransaction) throws {
    guard !entries.isEmpty else { return }
    var end = try end ?? AuditLog(transaction.read).end()
    let now = WallClock.system.now()
    for entry in entries {
      var row = AuditRow(
        sequence: end.sequence + 1,
        store: entry.store,
        at: now,
        action: entry.action.rawValue,
        targets: entry.text,
        result: entry.result
      )
      row.name(entry.caller ?? caller)
      row.hash = AuditChain.hash(of: row, after: end.hash)
      try transaction.run(
        Self.insert,
        row.sequence,
        row.store,
        row.at,
        row.keyID,
        row.onBehalfOf,
        row.peer,
        row.action,
        row.targets,
        row.result,
        row.requestID,
        row.hash
      )
      end = AuditPlace(sequence: row.sequence, hash: row.hash)
    }
    self.end = end
    entries.removeAll(keepingCapacity: true)
  }

  /// The state to return to after a rollback to a savepoint.
  struct Place {
    fileprivate let entries: [Entry]
  }

  /// The present state.
  var place: Place { Place(entries: entries) }

  /// Returns to an earlier state, after a rollback to a savepoint.
  func takeBack(to place: Place) { entries = place.entries }

  /// Discards what is known of a transaction that was rolled back.
  func forget() {
    entries.removeAll(keepingCapacity: true)
    end = nil
  }
}

extension WriteTransaction {
  /// The caller that the audit log names for the current job; the server itself if nobody is set.
  package var auditCaller: AuditCaller {
    get { audit.caller }
    set { audit.caller = newValue }
  }

  /// Records an action in the audit log, with the transaction. The actions of one kind of a job are
  /// one row, which names up to a hundred targets and counts the rest. `store` is a store, `*` for
  /// every store, or empty for none; `result` is the code of a status.
  package func record(
    _ action: AuditAction,
    store: String,
    _ targets: [AuditTarget],
    result: Int64 = 0
  ) {
    audit.note(action, store, targets, result)
  }

  /// Records in a row of its own what another caller did than that of the job.
  package func record(
    _ action: AuditAction,
    store: String,
    _ targets: [AuditTarget],
    result: Int64,
    by caller: AuditCaller
  ) {
    audit.note(action, store, targets, result, by: caller)
  }
}

extension StoreWriter {
  /// See ``WriteTransaction/auditCaller``.
  package var auditCaller: AuditCaller { transaction.auditCaller }

  /// Records an action in the audit log, with the transaction.
  package func record(_ action: AuditAction, _ targets: [AuditTarget]) {
    transaction.record(action, store: store.name, targets)
  }
}
