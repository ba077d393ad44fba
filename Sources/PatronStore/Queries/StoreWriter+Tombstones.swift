internal import SQLite

/// Deletion of single events, and their tombstones for watches of the store.
extension StoreWriter {
  private static let insertTombstone = Query(
    """
    INSERT INTO event_tombstones (store_id, sequence, customer_id, occurred_at, id, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    """
  )
  private static let moveTombstones = Query(
    "UPDATE event_tombstones SET customer_id = ?3 WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let deleteTombstones = Query(
    "DELETE FROM event_tombstones WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Deletes an event and adds a tombstone to the feed. `sequence` comes from ``nextID()``; `body`
  /// holds the data by which a watch forgets the event.
  package func delete(_ row: EventRow, sequence: Int64, body: [UInt8]) throws {
    try remove(row)
    try transaction.run(
      Self.insertTombstone,
      store.name,
      sequence,
      row.customerID,
      row.occurredAt,
      row.id,
      body
    )
    transaction.recordChange(store: store.name, customerID: row.customerID, sequence: sequence)
  }

  /// Moves the tombstones of a merged customer to the other customer.
  package func moveTombstones(from owner: Int64, to other: Int64) throws {
    try transaction.run(Self.moveTombstones, store.name, owner, other)
  }

  /// Removes the tombstones of an erased customer. The feed reports the erasure instead.
  func deleteTombstones(of customerID: Int64) throws {
    try transaction.run(Self.deleteTombstones, store.name, customerID)
  }
}
