internal import SQLite

extension StoreWriter {
  private static let insertMerge = Query(
    """
    INSERT INTO merges (store_id, merge_id, primary_id, secondary_id, merged_at, primary_before,
      primary_after, primary_provenance, secondary, secondary_provenance, events, orders, ledger)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    """
  )
  private static let insertName = Query(
    "INSERT INTO merged_names (store_id, merge_id, kind, name) VALUES (?1, ?2, ?3, ?4)"
  )
  private static let deleteNames = Query(
    "DELETE FROM merged_names WHERE store_id = ?1 AND merge_id = ?2"
  )
  private static let endMerge = Query(
    """
    UPDATE merges SET unmerged_at = ?3, primary_before = x'', primary_after = x'',
      primary_provenance = x'', secondary = x'', secondary_provenance = x'', events = x'',
      orders = x'', ledger = x''
    WHERE store_id = ?1 AND merge_id = ?2
    """
  )
  private static let emptyMerge = Query(
    """
    UPDATE merges SET primary_before = x'', primary_after = x'', primary_provenance = x'',
      secondary = x'', secondary_provenance = x'', events = x'', orders = x'', ledger = x''
    WHERE store_id = ?1 AND merge_id = ?2
    """
  )
  private static let oldMerges = Query(
    """
    SELECT merge_id FROM merges WHERE store_id = ?1 AND merged_at < ?2 AND secondary <> x''
    ORDER BY merged_at LIMIT ?3
    """
  )
  private static let mergesInto = Query(
    """
    SELECT merge_id, secondary_id, unmerged_at IS NULL FROM merges
    WHERE store_id = ?1 AND primary_id = ?2
    """
  )
  private static let deleteMerge = Query(
    "DELETE FROM merges WHERE store_id = ?1 AND merge_id = ?2"
  )

  /// Writes a merge into the journal.
  package func insert(_ row: MergeRow) throws {
    try transaction.run(
      Self.insertMerge,
      store.name,
      row.id,
      row.primaryID,
      row.secondaryID,
      row.mergedAt,
      row.primaryBefore,
      row.primaryAfter,
      row.primaryProvenance,
      row.secondary,
      row.secondaryProvenance,
      PackedTerms.pack(row.moved.events),
      PackedTerms.pack(row.moved.orders),
      PackedTerms.pack(row.moved.ledger)
    )
    for (kind, name) in MovedName.all(row.moved) {
      try transaction.run(Self.insertName, store.name, row.id, kind, name)
    }
  }

  /// Notes that a merge was undone. The journal keeps only the fact.
  package func endMerge(id: Int64, at now: Int64) throws {
    try transaction.run(Self.endMerge, store.name, id, now)
    try transaction.run(Self.deleteNames, store.name, id)
  }

  /// Empties up to ten merges from before `oldest`. They can no longer be undone, so the customer
  /// data in them has no use.
  package func emptyMerges(before oldest: Int64) throws {
    var ids: [Int64] = []
    try transaction.forEach(Self.oldMerges, store.name, oldest, 10) { ids.append($0.int64(0)) }
    for id in ids {
      try transaction.run(Self.emptyMerge, store.name, id)
      try transaction.run(Self.deleteNames, store.name, id)
    }
  }

  /// Removes the merges into a customer from the journal, and the merges into customers that were
  /// merged into it and not restored. Call it before the customer is deleted.
  package func removeMerges(into customerID: Int64) throws {
    var open = [customerID]
    var seen: Set<Int64> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      var merges: [Int64] = []
      try transaction.forEach(Self.mergesInto, store.name, next) { row in
        merges.append(row.int64(0))
        if row.bool(2) { open.append(row.int64(1)) }
      }
      for id in merges {
        try transaction.run(Self.deleteMerge, store.name, id)
        try transaction.run(Self.deleteNames, store.name, id)
      }
    }
  }
}
