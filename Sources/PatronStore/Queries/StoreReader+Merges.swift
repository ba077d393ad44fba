internal import SQLite

/// The journal of merges.
extension StoreReader {
  private static let merge = Query(
    """
    SELECT primary_id, secondary_id, merged_at, unmerged_at, primary_before, primary_after,
      primary_provenance, secondary, secondary_provenance, events, orders, ledger
    FROM merges WHERE store_id = ?1 AND merge_id = ?2
    """
  )
  private static let names = Query(
    """
    SELECT kind, name FROM merged_names WHERE store_id = ?1 AND merge_id = ?2 ORDER BY kind, name
    """
  )
  private static let latestInto = Query(
    """
    SELECT merge_id FROM merges WHERE store_id = ?1 AND primary_id = ?2 AND unmerged_at IS NULL
    ORDER BY merge_id DESC LIMIT 1
    """
  )
  private static let latestOf = Query(
    """
    SELECT merge_id FROM merges WHERE store_id = ?1 AND secondary_id = ?2 AND unmerged_at IS NULL
    ORDER BY merge_id DESC LIMIT 1
    """
  )

  /// Returns a merge by its id, or nil if there is none.
  package func merge(id: Int64) throws -> MergeRow? {
    let found = try transaction.first(Self.merge, store.name, id) { row in
      MergeRow(
        id: id,
        primaryID: row.int64(0),
        secondaryID: row.int64(1),
        mergedAt: row.int64(2),
        unmergedAt: row.optionalInt64(3),
        primaryBefore: row.array(4),
        primaryAfter: row.array(5),
        primaryProvenance: row.array(6),
        secondary: row.array(7),
        secondaryProvenance: row.array(8),
        moved: MovedRecords(
          events: PackedTerms.unpack(row.span(9)),
          orders: PackedTerms.unpack(row.span(10)),
          ledger: PackedTerms.unpack(row.span(11))
        )
      )
    }
    guard var merge = found else { return nil }
    try transaction.forEach(Self.names, store.name, id) { row in
      try MovedName.read(row.int64(0), row.text(1), into: &merge.moved)
    }
    return merge
  }

  /// Returns the latest merge into a customer that was not undone, or nil if there is none.
  package func latestMerge(into customerID: Int64) throws -> Int64? {
    try transaction.first(Self.latestInto, store.name, customerID) { $0.int64(0) }
  }

  /// Returns the merge that removed a customer and was not undone, or nil if there is none.
  package func latestMerge(of customerID: Int64) throws -> Int64? {
    try transaction.first(Self.latestOf, store.name, customerID) { $0.int64(0) }
  }
}
