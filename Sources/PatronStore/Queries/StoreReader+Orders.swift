internal import SQLite

extension StoreReader {
  private static let byExternalID = Query(
    """
    SELECT id, customer_id, placed_at, external_id, currency_code, total, refunded, cancelled, body
    FROM orders WHERE store_id = ?1 AND external_id = ?2
    """
  )
  private static let byID = Query(
    """
    SELECT id, customer_id, placed_at, external_id, currency_code, total, refunded, cancelled, body
    FROM orders WHERE store_id = ?1 AND id = ?2
    """
  )
  private static let latest = Query(
    """
    SELECT id, customer_id, placed_at, external_id, currency_code, total, refunded, cancelled, body
    FROM orders WHERE store_id = ?1 AND customer_id = ?2 AND (placed_at, id) < (?3, ?4)
    ORDER BY placed_at DESC, id DESC
    """
  )

  private static let dates = Query(
    """
    SELECT min(placed_at), max(placed_at) FROM orders
    WHERE store_id = ?1 AND customer_id = ?2 AND currency_code = ?3 AND cancelled = 0
    """
  )

  /// Returns an order by the shop's identifier, or nil if there is none.
  package func order(externalID: String) throws -> OrderRow? {
    try transaction.first(Self.byExternalID, store.name, externalID, row: Self.row)
  }

  /// Returns an order by its id, or nil if there is none.
  package func order(id: Int64) throws -> OrderRow? {
    try transaction.first(Self.byID, store.name, id, row: Self.row)
  }

  /// Visits the encoded orders of a customer, newest first. The visitor returns false to stop.
  package func latestOrders(
    of customerID: Int64,
    _ visit: (_ body: RawSpan) throws -> Bool
  ) throws {
    try orders(of: customerID, behind: .newest) { _, body in try visit(body) }
  }

  /// Visits the encoded orders of a customer behind a position, newest first by the time of
  /// placing, then by id. The visitor returns false to stop.
  package func orders(
    of customerID: Int64,
    behind position: TimelinePosition,
    _ visit: (_ position: TimelinePosition, _ body: RawSpan) throws -> Bool
  ) throws {
    try transaction.forEachWhile(
      Self.latest,
      store.name,
      customerID,
      position.occurredAt,
      position.id
    ) { row in
      try visit(TimelinePosition(occurredAt: row.int64(2), id: row.int64(0)), row.span(8))
    }
  }

  /// Returns all orders of a customer, newest first.
  package func orders(of customerID: Int64) throws -> [OrderRow] {
    var rows: [OrderRow] = []
    try transaction.forEach(Self.latest, store.name, customerID, Int64.max, Int64.max) { row in
      rows.append(Self.row(row))
    }
    return rows
  }

  /// Returns the times of a customer's first and last order in a currency, in microseconds since
  /// 1970. Cancelled orders do not count. Returns nil if there are none.
  package func orderDates(
    of customerID: Int64,
    in currency: String
  ) throws -> (first: Int64, last: Int64)? {
    let dates = try transaction.first(Self.dates, store.name, customerID, currency) { row in
      row.isNull(0) ? nil : (first: row.int64(0), last: row.int64(1))
    }
    return dates ?? nil
  }

  private static func row(_ row: borrowing Row) -> OrderRow {
    OrderRow(
      id: row.int64(0),
      customerID: row.int64(1),
      placedAt: row.int64(2),
      externalID: row.text(3),
      currencyCode: row.text(4),
      total: row.int64(5),
      refunded: row.int64(6),
      isCancelled: row.bool(7),
      body: row.array(8)
    )
  }
}
