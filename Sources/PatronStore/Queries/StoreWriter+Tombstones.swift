internal import SQLite

/// Events that are deleted one by one, and what is left of them for those who follow the store.
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

  /// Deletes an event and puts a tombstone into the feed. `sequence` is one that ``nextID()`` gave;
  /// `body` holds what followers need to forget the event.
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

  /// Gives the tombstones of a customer who is merged to the other one.
  package func moveTombstones(from owner: Int64, to other: Int64) throws {
    try transaction.run(Self.moveTombstones, store.name, owner, other)
  }

  /// Removes the tombstones of a customer who is erased: the feed tells of the erasure instead.
  func deleteTombstones(of customerID: Int64) throws {
    try transaction.run(Self.deleteTombstones, store.name, customerID)
  }
}
