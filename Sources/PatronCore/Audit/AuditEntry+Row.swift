internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

extension AuditEntry {
  /// Creates the entry of a row.
  package init(_ row: AuditRow) {
    self.init()
    sequence = row.sequence
    storeID = row.store
    recordedAt = .init(micros: row.at)
    if !row.keyID.isEmpty || !row.onBehalfOf.isEmpty {
      author = .with {
        $0.keyID = row.keyID
        $0.onBehalfOf = row.onBehalfOf
      }
    }
    peer = row.peer
    action = row.action
    targets = row.targets.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    result = Int32(clamping: row.result)
    requestID = row.requestID
    hash = row.hash
  }
}

extension AuditRow {
  /// Creates the row of an entry, with the same hash.
  package init(_ entry: AuditEntry) {
    self.init(
      sequence: entry.sequence,
      store: entry.storeID,
      at: entry.recordedAt?.micros ?? 0,
      action: entry.action,
      targets: entry.targets.joined(separator: " "),
      result: Int64(entry.result)
    )
    keyID = entry.author?.keyID ?? ""
    onBehalfOf = entry.author?.onBehalfOf ?? ""
    peer = entry.peer
    requestID = entry.requestID
    hash = entry.hash
  }
}
