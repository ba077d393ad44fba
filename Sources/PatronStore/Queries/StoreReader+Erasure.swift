internal import PatronModel
internal import SQLite

/// Receipts of erasures, and the records that an erasure works through.
extension StoreReader {
  private static let byCustomer = Query(
    "SELECT erasure_id FROM erased_ids WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let receipt = Query(
    """
    SELECT id, customer_id, mode, erased_at, reason, event_count, order_count, suppression_count,
      stats
    FROM erasures WHERE store_id = ?1 AND id = ?2
    """
  )
  private static let isUnfinished = Query(
    "SELECT 1 FROM erasures WHERE store_id = ?1 AND id = ?2 AND is_complete = 0"
  )
  private static let counts = Query(
    """
    SELECT (SELECT count(*) FROM events WHERE store_id = ?1 AND customer_id = ?2),
      (SELECT count(*) FROM orders WHERE store_id = ?1 AND customer_id = ?2)
    """
  )
  private static let nextEvents = Query(
    """
    SELECT occurred_at, id, source, source_name, event_id, type, sequence, body FROM events
    WHERE store_id = ?1 AND customer_id = ?2 AND (occurred_at, id) > (?3, ?4)
    ORDER BY occurred_at, id
    """
  )
  private static let nextOrders = Query(
    """
    SELECT placed_at, id, external_id, currency_code, total, refunded, cancelled, body FROM orders
    WHERE store_id = ?1 AND customer_id = ?2 AND (placed_at, id) > (?3, ?4)
    ORDER BY placed_at, id
    """
  )
  private static let checkouts = Query(
    """
    SELECT token, started_at, body FROM checkouts
    WHERE store_id = ?1 AND customer_id = ?2 AND token > ?3 ORDER BY token
    """
  )

  /// Returns the id of the receipt if the customer with this id was erased, else nil.
  package func erasureID(ofCustomer id: Int64) throws -> Int64? {
    try transaction.first(Self.byCustomer, store.name, id) { $0.int64(0) }
  }

  /// Returns a receipt by its id, or nil if there is none.
  package func erasure(id: Int64) throws -> ErasureRow? {
    try transaction.first(Self.receipt, store.name, id) { row in
      ErasureRow(
        id: row.int64(0),
        customerID: row.int64(1),
        mode: Int32(truncatingIfNeeded: row.int64(2)),
        erasedAt: row.int64(3),
        reason: row.text(4),
        eventCount: row.int64(5),
        orderCount: row.int64(6),
        suppressionCount: row.int64(7),
        stats: row.array(8)
      )
    }
  }

  /// Returns a receipt by its id if the erasure still works through the history, else nil.
  package func unfinishedErasure(id: Int64) throws -> ErasureRow? {
    let found = try transaction.first(Self.isUnfinished, store.name, id) { _ in true } ?? false
    return found ? try erasure(id: id) : nil
  }

  /// Returns the ids and addresses that find a customer.
  package func names(of row: CustomerRow) throws -> ErasedNames {
    var names = ErasedNames(ids: [row.id], addresses: [])
    if let phone = row.phone { names.addresses.append((.sms, phone)) }
    if let email = row.emailKey { names.addresses.append((.email, email)) }
    for former in try formerIdentifiers(of: row.id) {
      switch former {
      case .id(let id): names.ids.append(id)
      case .address(let channel, let address): names.addresses.append((channel, address))
      case .externalID: continue
      }
    }
    return names
  }

  /// Returns the number of events and orders of a customer. Takes time proportional to both.
  package func historyCounts(of customerID: Int64) throws -> (events: Int64, orders: Int64) {
    try transaction.first(Self.counts, store.name, customerID) { ($0.int64(0), $0.int64(1)) }
      ?? (0, 0)
  }

  /// Returns the next events of a timeline, oldest first: up to `count`. Stops earlier once their
  /// bodies have reached `bytes`.
  package func events(
    of customerID: Int64,
    after position: TimelinePosition,
    atMost count: Int,
    bytes: Int
  ) throws -> [EventRow] {
    var rows: [EventRow] = []
    var size = 0
    try transaction.forEachWhile(
      Self.nextEvents,
      store.name,
      customerID,
      position.occurredAt,
      position.id
    ) { row in
      rows.append(
        EventRow(
          id: row.int64(1),
          customerID: customerID,
          occurredAt: row.int64(0),
          source: Int32(truncatingIfNeeded: row.int64(2)),
          sourceName: row.text(3),
          eventID: row.text(4),
          type: row.text(5),
          sequence: row.int64(6),
          body: row.array(7)
        )
      )
      size += row.span(7).byteCount
      return rows.count < count && size < bytes
    }
    return rows
  }

  /// Returns the next orders of a customer, oldest first, within the same bounds.
  package func orders(
    of customerID: Int64,
    after position: TimelinePosition,
    atMost count: Int,
    bytes: Int
  ) throws -> [OrderRow] {
    var rows: [OrderRow] = []
    var size = 0
    try transaction.forEachWhile(
      Self.nextOrders,
      store.name,
      customerID,
      position.occurredAt,
      position.id
    ) { row in
      rows.append(
        OrderRow(
          id: row.int64(1),
          customerID: customerID,
          placedAt: row.int64(0),
          externalID: row.text(2),
          currencyCode: row.text(3),
          total: row.int64(4),
          refunded: row.int64(5),
          isCancelled: row.bool(6),
          body: row.array(7)
        )
      )
      size += row.span(7).byteCount
      return rows.count < count && size < bytes
    }
    return rows
  }

  /// Returns the next checkouts of a customer, in the order of their tokens, within the same
  /// bounds.
  package func checkouts(
    of customerID: Int64,
    after token: String,
    atMost count: Int,
    bytes: Int
  ) throws -> [CheckoutRow] {
    var rows: [CheckoutRow] = []
    var size = 0
    try transaction.forEachWhile(Self.checkouts, store.name, customerID, token) { row in
      rows.append(
        CheckoutRow(
          token: row.text(0),
          customerID: customerID,
          startedAt: row.int64(1),
          body: row.array(2)
        )
      )
      size += row.span(2).byteCount
      return rows.count < count && size < bytes
    }
    return rows
  }
}
