internal import PatronModel
package import PatronProto
package import PatronStore

/// The erasures that a restored copy does not know. They are read from entries of the audit log
/// that are newer than the copy, and repeated before the copy is served: later, other customers may
/// have the same ids.
///
/// A customer whose record took up another after the copy was made is two customers in the copy:
/// both are erased.
package struct LostErasures: Sendable {
  /// An erasure to repeat.
  package struct Entry: Sendable, Equatable {
    package let store: String
    package let customerID: Int64
    package let mode: ErasureMode
  }

  /// The result of a repetition.
  package struct Outcome: Sendable, Equatable {
    /// Customers that were erased again.
    package var erased = 0
    /// Customers that the copy does not have: they came after it, or an earlier run erased them.
    package var unknown = 0
  }

  /// The erasures, in the order of the log.
  package private(set) var entries: [Entry] = []
  /// Sequences that are missing between the copy and the last entry.
  package private(set) var missing: Int64 = 0
  /// Entries that do not name all of their customers.
  package private(set) var incomplete: [Int64] = []
  /// Stores that were deleted behind the copy, which has them.
  package private(set) var deletedStores: [String] = []
  /// Ids of the keys that were revoked behind the copy, in which they are valid.
  package private(set) var revokedKeys: [String] = []
  /// Entries about consent and suppressions that the copy lacks.
  package private(set) var consentChanges = 0

  private let copy: CopyFacts
  private var lastSequence: Int64
  /// Primaries by their secondaries, in each store.
  private var primaries: [String: [Int64: Int64]] = [:]

  package init(behind copy: CopyFacts) {
    self.copy = copy
    lastSequence = copy.lastAuditSequence
  }

  /// The reason why a list does not fit a copy.
  package enum Mismatch: Error, Sendable, Equatable {
    /// The entry with this sequence is another one in the copy.
    case otherLog(Int64)
    /// The entry is not behind the one before it.
    case unordered(Int64)
  }

  /// Takes the next entry, oldest first. Those that the copy has are passed over.
  package mutating func add(_ entry: AuditEntry) throws(Mismatch) {
    if entry.sequence == copy.lastAuditSequence, entry.hash != copy.lastAuditHash {
      throw .otherLog(entry.sequence)
    }
    guard entry.sequence > copy.lastAuditSequence else { return }
    guard entry.sequence > lastSequence else { throw .unordered(entry.sequence) }
    missing += entry.sequence - lastSequence - 1
    lastSequence = entry.sequence
    // A refusal changed nothing.
    guard entry.result == 0 else { return }
    switch AuditAction(rawValue: entry.action) {
    case .mergePerform: noteMerges(entry)
    case .mergeUndo: noteUndoneMerges(entry)
    case .erasureBegin: noteErasures(entry)
    case .storeDelete: deletedStores += Self.values("store", of: entry)
    case .keyRevoke where !entry.targets.contains(AuditTarget.formerSecret.text):
      revokedKeys += Self.values("key", of: entry)
    case .consentChange, .consentClaim, .suppressionAdd, .suppressionLift: consentChanges += 1
    default: break
    }
    if isIncomplete(entry) { incomplete.append(entry.sequence) }
  }

  private func isIncomplete(_ entry: AuditEntry) -> Bool {
    let actions: [AuditAction] = [.mergePerform, .mergeUndo, .erasureBegin]
    return actions.map(\.rawValue).contains(entry.action)
      && entry.targets.contains { $0.hasPrefix("more:") }
  }

  /// Returns the ids of targets of one kind.
  private static func values(_ kind: String, of entry: AuditEntry) -> [String] {
    entry.targets.filter { $0.hasPrefix(kind + ":") }.map { String($0.dropFirst(kind.count + 1)) }
  }

  /// Returns the pairs of primary and secondary: an entry names the merge before each.
  private static func pairs(of entry: AuditEntry) -> [(primary: Int64, secondary: Int64)] {
    let ids = values("customer", of: entry).compactMap { Int64($0) }
    return stride(from: 0, to: ids.count - 1, by: 2).map { (ids[$0], ids[$0 + 1]) }
  }

  private mutating func noteMerges(_ entry: AuditEntry) {
    for pair in Self.pairs(of: entry) {
      primaries[entry.storeID, default: [:]][pair.secondary] = pair.primary
    }
  }

  private mutating func noteUndoneMerges(_ entry: AuditEntry) {
    for pair in Self.pairs(of: entry) {
      primaries[entry.storeID]?[pair.secondary] = nil
    }
  }

  private mutating func noteErasures(_ entry: AuditEntry) {
    let isPurge = entry.targets.contains(AuditTarget.mode(ErasureMode.purge.name).text)
    let mode: ErasureMode = isPurge ? .purge : .anonymize
    for id in Self.values("customer", of: entry).compactMap({ Int64($0) }) {
      let merged = (primaries[entry.storeID] ?? [:]).keys.filter { root(of: $0, entry) == id }
      for customer in [id] + merged.sorted() {
        entries.append(Entry(store: entry.storeID, customerID: customer, mode: mode))
      }
    }
  }

  /// Returns the customer that has the record of another by now.
  private func root(of id: Int64, _ entry: AuditEntry) -> Int64 {
    let steps = primaries[entry.storeID] ?? [:]
    var id = id
    // A loop is no history of a database.
    for _ in 0...steps.count {
      guard let next = steps[id] else { break }
      id = next
    }
    return id
  }
}

extension LostErasures {
  /// The reason in the receipts.
  private static let reason = "erased again after a backup was restored"

  /// Erases again what the copy still has, as the server did, each step in a transaction of its
  /// own. A second run finds nothing left. Blocks the calling thread.
  package func run(on store: Store, clock: WallClock = .system) throws -> Outcome {
    var outcome = Outcome()
    for entry in entries {
      guard var rest = try begin(entry, on: store, clock) else {
        outcome.unknown += 1
        continue
      }
      while true {
        let step = rest
        let next = try store.performAndWait { try step.step(in: StoreWriter($0, of: step.store)) }
        guard let next else { break }
        rest = next
      }
      outcome.erased += 1
    }
    return outcome
  }

  /// Erases the record. Returns the erasure of the history, or nil if there is no such customer.
  private func begin(
    _ entry: Entry,
    on store: Store,
    _ clock: WallClock
  ) throws -> HistoryErasure? {
    guard let owner = StoreID(entry.store) else { return nil }
    return try store.performAndWait { transaction in
      let writer = StoreWriter(transaction, of: owner)
      guard let row = try writer.read.customerRow(.id(entry.customerID)), row.id == entry.customerID
      else { return nil }
      let receipt = try Erasure.begin(
        row,
        entry.mode,
        reason: Self.reason,
        in: writer,
        at: clock.now()
      )
      return HistoryErasure(store: owner, receipt: receipt)
    }
  }
}

extension LostErasures.Mismatch: CustomStringConvertible {
  /// The problem and the remedy.
  package var description: String {
    switch self {
    case .otherLog(let sequence):
      "entry \(sequence) is another one in the backup; use an export of the database that the "
        + "backup is of"
    case .unordered(let sequence):
      "entry \(sequence) is not behind the one before it; use one export, oldest entry first"
    }
  }
}
