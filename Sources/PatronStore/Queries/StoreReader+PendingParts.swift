internal import SQLite

/// Refunds and shipments that arrived before their order.
extension StoreReader {
  private static let partsOfOrder = Query(
    """
    SELECT id, order_external_id, kind, part_id, received_at, body FROM pending_parts
    WHERE store_id = ?1 AND order_external_id = ?2 ORDER BY received_at, id
    """
  )
  private static let onePart = Query(
    """
    SELECT id, order_external_id, kind, part_id, received_at, body FROM pending_parts
    WHERE store_id = ?1 AND order_external_id = ?2 AND kind = ?3 AND part_id = ?4
    """
  )
  private static let partsByAge = Query(
    """
    SELECT id, order_external_id, kind, part_id, received_at, body FROM pending_parts
    WHERE store_id = ?1 AND (received_at, id) > (?2, ?3) ORDER BY received_at, id
    """
  )
  private static let partCounts = Query(
    """
    SELECT
      (SELECT count(*) FROM (SELECT 1 FROM pending_parts
        WHERE store_id = ?1 AND order_external_id = ?2 LIMIT ?3)),
      (SELECT count(*) FROM (SELECT 1 FROM pending_parts WHERE store_id = ?1 LIMIT ?4))
    """
  )

  /// Returns the parts that wait for an order, oldest first.
  package func pendingParts(of orderExternalID: String) throws -> [PendingPartRow] {
    var rows: [PendingPartRow] = []
    try transaction.forEach(Self.partsOfOrder, store.name, orderExternalID) { row in
      rows.append(PendingPartRow(row))
    }
    return rows
  }

  /// Returns a waiting part, or nil if there is none.
  package func pendingPart(
    of orderExternalID: String,
    kind: Int64,
    _ partID: String
  ) throws -> PendingPartRow? {
    try transaction.first(Self.onePart, store.name, orderExternalID, kind, partID) {
      PendingPartRow($0)
    }
  }

  /// Visits the parts that arrived after a time and id, oldest first. The visitor returns false to
  /// stop.
  package func pendingParts(
    after receivedAt: Int64,
    _ id: Int64,
    _ visit: (PendingPartRow) throws -> Bool
  ) throws {
    try transaction.forEachWhile(Self.partsByAge, store.name, receivedAt, id) { row in
      try visit(PendingPartRow(row))
    }
  }

  /// Returns the number of parts that wait for an order, and in the whole store. Each count stops
  /// at its limit.
  package func pendingPartCounts(
    of orderExternalID: String,
    limits: (order: Int, store: Int)
  ) throws -> (order: Int, store: Int) {
    try transaction.first(
      Self.partCounts,
      store.name,
      orderExternalID,
      limits.order,
      limits.store
    ) { row in
      (Int(row.int64(0)), Int(row.int64(1)))
    } ?? (0, 0)
  }
}
