internal import SQLite

/// Writes of events, orders and the consent ledger.
extension StoreWriter {
  private static let insertEvent = Query(
    """
    INSERT INTO events (store_id, customer_id, occurred_at, id, source, source_name, event_id, type,
      sequence, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    """
  )
  private static let deleteEvent = Query(
    """
    DELETE FROM events
    WHERE store_id = ?1 AND customer_id = ?2 AND occurred_at = ?3 AND id = ?4
    """
  )
  private static let updateEvent = Query(
    """
    UPDATE events SET type = ?5, sequence = ?6, body = ?7
    WHERE store_id = ?1 AND customer_id = ?2 AND occurred_at = ?3 AND id = ?4
    """
  )

  package func insert(_ row: EventRow) throws {
    try transaction.run(
      Self.insertEvent,
      store.name,
      row.customerID,
      row.occurredAt,
      row.id,
      row.source,
      row.sourceName,
      row.eventID,
      row.type,
      row.sequence,
      row.body
    )
    noteEvent(row)
  }

  /// Replaces an event by another version with the same id.
  package func update(_ row: EventRow, replacing old: EventRow) throws {
    if row.customerID == old.customerID && row.occurredAt == old.occurredAt {
      try transaction.run(
        Self.updateEvent,
        store.name,
        row.customerID,
        row.occurredAt,
        row.id,
        row.type,
        row.sequence,
        row.body
      )
      noteEvent(row)
    } else {
      try transaction.run(
        Self.deleteEvent,
        store.name,
        old.customerID,
        old.occurredAt,
        old.id
      )
      try insert(row)
    }
  }

  private static let moveEvent = Query(
    """
    UPDATE events SET customer_id = ?5, sequence = ?6, moved_sequence = ?6, body = ?7
    WHERE store_id = ?1 AND customer_id = ?2 AND occurred_at = ?3 AND id = ?4
    """
  )

  /// Moves an event here from another customer, with a new sequence, so that watches of the store
  /// and of the new owner see it.
  package func move(_ row: EventRow, from owner: Int64) throws {
    try transaction.run(
      Self.moveEvent,
      store.name,
      owner,
      row.occurredAt,
      row.id,
      row.customerID,
      row.sequence,
      row.body
    )
    noteEvent(row)
  }

  private func noteEvent(_ row: EventRow) {
    transaction.recordChange(
      store: store.name,
      customerID: row.customerID,
      sequence: row.sequence
    )
  }

  private static let insertOrder = Query(
    """
    INSERT INTO orders (store_id, customer_id, placed_at, id, external_id, currency_code, total,
      refunded, cancelled, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    """
  )
  private static let deleteOrder = Query(
    """
    DELETE FROM orders WHERE store_id = ?1 AND customer_id = ?2 AND placed_at = ?3 AND id = ?4
    """
  )
  private static let updateOrder = Query(
    """
    UPDATE orders SET total = ?5, refunded = ?6, cancelled = ?7, body = ?8
    WHERE store_id = ?1 AND customer_id = ?2 AND placed_at = ?3 AND id = ?4
    """
  )

  package func insert(_ row: OrderRow) throws {
    try transaction.run(
      Self.insertOrder,
      store.name,
      row.customerID,
      row.placedAt,
      row.id,
      row.externalID,
      row.currencyCode,
      row.total,
      row.refunded,
      row.isCancelled,
      row.body
    )
  }

  /// Replaces an order by another version with the same id.
  package func update(_ row: OrderRow, replacing old: OrderRow) throws {
    if row.customerID == old.customerID && row.placedAt == old.placedAt
      && row.currencyCode == old.currencyCode
    {
      try transaction.run(
        Self.updateOrder,
        store.name,
        row.customerID,
        row.placedAt,
        row.id,
        row.total,
        row.refunded,
        row.isCancelled,
        row.body
      )
    } else {
      try transaction.run(Self.deleteOrder, store.name, old.customerID, old.placedAt, old.id)
      try insert(row)
    }
  }

  private static let insertLedger = Query(
    "INSERT INTO consent_ledger (store_id, customer_id, id, body) VALUES (?1, ?2, ?3, ?4)"
  )

  /// Appends a row to the consent ledger.
  package func appendToLedger(id: Int64, customerID: Int64, body: [UInt8]) throws {
    try transaction.run(Self.insertLedger, store.name, customerID, id, body)
  }
}
