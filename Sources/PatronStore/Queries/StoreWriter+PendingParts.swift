internal import SQLite

extension StoreWriter {
  private static let putPart = Query(
    """
    INSERT INTO pending_parts (store_id, order_external_id, kind, part_id, received_at, id, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (store_id, order_external_id, kind, part_id)
      DO UPDATE SET received_at = ?5, id = ?6, body = ?7
    """
  )
  private static let removeParts = Query(
    "DELETE FROM pending_parts WHERE store_id = ?1 AND order_external_id = ?2"
  )
  private static let forgetParts = Query(
    "DELETE FROM pending_parts WHERE store_id = ?1 AND received_at < ?2"
  )

  /// Writes a waiting part. Replaces the part with the same identifiers.
  package func put(_ row: PendingPartRow) throws {
    try transaction.run(
      Self.putPart,
      store.name,
      row.orderExternalID,
      row.kind,
      row.partID,
      row.receivedAt,
      row.id,
      row.body
    )
  }

  /// Removes the parts that wait for an order.
  package func removePendingParts(of orderExternalID: String) throws {
    try transaction.run(Self.removeParts, store.name, orderExternalID)
  }

  /// Removes the parts that arrived before `oldest`.
  package func forgetPendingParts(before oldest: Int64) throws {
    try transaction.run(Self.forgetParts, store.name, oldest)
  }
}
