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

// MARK: - First answers

extension StoreWriter {
  private static let findRequest = Query(
    """
    SELECT method, response, request_hash FROM requests WHERE store_id = ?1 AND request_id = ?2
    """
  )
  private static let insertRequest = Query(
    """
    INSERT INTO requests (store_id, request_id, method, created_at, response, customer_id,
      other_customer_id, request_hash)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    """
  )
  private static let forgetRequests = Query(
    """
    DELETE FROM requests WHERE store_id = ?1 AND request_id IN (
      SELECT request_id FROM requests WHERE store_id = ?1 AND created_at < ?2 LIMIT 100)
    """
  )

  /// Returns the method, the first answer and the hash of the request with this request id. Returns
  /// nil if the id is new or was forgotten. The hash is empty if the answer is older than hashes.
  package func answer(
    of requestID: String
  ) throws -> (method: String, response: [UInt8], requestHash: [UInt8])? {
    try transaction.first(Self.findRequest, store.name, requestID) {
      ($0.text(0), $0.array(1), $0.array(2))
    }
  }

  /// Stores the answer to a request id, and removes up to 100 answers from before `oldest`.
  /// `customers` are those whose data the answer holds, at most two: the answer is removed when one
  /// of them is erased.
  package func keepAnswer(
    _ response: [UInt8],
    of requestID: String,
    method: String,
    requestHash: [UInt8],
    about customers: [Int64],
    at now: Int64,
    forgetBefore oldest: Int64
  ) throws {
    try transaction.run(
      Self.insertRequest,
      store.name,
      requestID,
      method,
      now,
      response,
      customers.first,
      customers.dropFirst().first,
      requestHash
    )
    try forgetAnswers(before: oldest)
  }

  /// Removes up to 100 answers from before `oldest`.
  package func forgetAnswers(before oldest: Int64) throws {
    try transaction.run(Self.forgetRequests, store.name, oldest)
  }
}
