internal import SQLite

/// The records of all stores, for checks of the whole database.
package struct AllRecords {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let customers = Query(
    """
    SELECT store_id, customer_id, external_id, email, phone, updated_at, body, stats FROM customers
    ORDER BY store_id, customer_id
    """
  )
  private static let numbers = Query(
    """
    SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM orders),
      (SELECT count(*) FROM events)
    """
  )
  private static let events = Query(
    """
    SELECT store_id, id, customer_id, occurred_at, source, source_name, event_id, type, sequence,
      body
    FROM events ORDER BY store_id, customer_id
    """
  )
  private static let orders = Query(
    """
    SELECT store_id, id, customer_id, placed_at, external_id, currency_code, total, refunded,
      cancelled, body
    FROM orders ORDER BY store_id, customer_id
    """
  )
  private static let ledger = Query("SELECT store_id, customer_id, id, body FROM consent_ledger")
  private static let checkouts = Query(
    "SELECT store_id, token, customer_id, started_at, body FROM checkouts"
  )
  /// The queries for dangling references. Each row of a result is the text of one finding.
  private static let danglingReferences = [
    ownerless("events", "events", unless: erased),
    ownerless("orders", "orders", unless: erased),
    ownerless("checkouts", "checkouts", unless: erased),
    Query(
      """
      SELECT 'customer ' || customer_id || ' of store ' || store_id || ': erased, but still there'
      FROM customers JOIN erased_ids USING (store_id, customer_id)
      """
    ),
    Query(
      """
      SELECT 'a part of store ' || store_id || ' waits for order ' || o.id || ', which is there'
      FROM pending_parts p JOIN orders o USING (store_id)
      WHERE o.external_id = p.order_external_id
      """
    ),
    ownerless("aliases", "former external ids"),
    ownerless("id_aliases", "ids of merged customers"),
    ownerless("address_aliases", "addresses of merged customers"),
    Query(
      """
      SELECT 'merge ' || merge_id || ' of store ' || store_id || ': customer ' || secondary_id
        || ' went in it and names nobody'
      FROM merges m WHERE unmerged_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM id_aliases a
        WHERE a.store_id = m.store_id AND a.merged_id = m.secondary_id)
      """
    ),
    stillHeld("id_aliases", "c.customer_id = a.merged_id"),
    stillHeld("aliases", "c.external_id = a.external_id"),
    stillHeld("address_aliases", "a.channel = 1 AND c.phone = a.address"),
    stillHeld("address_aliases", "a.channel = 2 AND c.email = a.address"),
    Query(
      """
      SELECT 'customer ' || customer_id || ' of store ' || store_id || ': not in the search index'
      FROM customers c
      WHERE \(SearchRows.ofCustomer) NOT IN (SELECT id FROM customer_search_docsize)
      """
    ),
    Query(
      """
      SELECT 'the search index has customer ' || id || ', who does not exist'
      FROM customer_search_docsize
      WHERE id NOT IN (SELECT \(SearchRows.ofCustomer) FROM customers c)
      """
    ),
    Query(
      """
      SELECT 'term ' || term_id || ' of store ' || store_id || ': its counter says ' || count
        || ', its list has ' || members
      FROM (
        SELECT t.*, (SELECT count(*) FROM memberships m
          WHERE m.store_id = t.store_id AND m.term_id = t.term_id) AS members FROM terms t)
      WHERE count <> members
      """
    ),
    Query(
      """
      SELECT 'term ' || term_id || ' of store ' || store_id || ': it has a list, but no counter'
      FROM memberships m WHERE NOT EXISTS (
        SELECT 1 FROM terms t WHERE t.store_id = m.store_id AND t.term_id = m.term_id)
      GROUP BY store_id, term_id
      """
    ),
    Query(
      """
      SELECT 'a name stands for the API key ' || lower(hex(key_id)) || ', which does not exist'
      FROM key_names WHERE key_id NOT IN (SELECT key_id FROM api_keys)
      """
    ),
    Query(
      """
      SELECT 'terms up to ' || top || ' are in use, but the next one would be ' || (value + 1)
      FROM sequences, (SELECT max(term_id) AS top FROM terms) WHERE name = 'term' AND top > value
      """
    ),
    Query(
      """
      SELECT 'ids up to ' || top || ' are in use in store ' || store_id
        || ', but the next one would be ' || (issued + 1)
      FROM (
        SELECT u.store_id, max(u.id) AS top, coalesce(
          (SELECT value FROM store_sequences s WHERE s.store_id = u.store_id),
          (SELECT value FROM sequences WHERE name = 'store')) AS issued
        FROM (
          SELECT store_id, customer_id AS id FROM customers UNION ALL
          SELECT store_id, id FROM events UNION ALL SELECT store_id, sequence FROM events
          UNION ALL SELECT store_id, id FROM orders UNION ALL
          SELECT store_id, id FROM consent_ledger UNION ALL SELECT store_id, id FROM erasures
          UNION ALL SELECT store_id, id FROM pending_parts) u
        GROUP BY u.store_id)
      WHERE top > issued
      """
    ),
    Query(
      """
      SELECT 'rows of the search index up to ' || top
        || ' are in use, but the next one would be ' || (value + 1)
      FROM sequences, (SELECT max(\(SearchRows.ofCustomer)) AS top FROM customers c)
      WHERE name = 'record' AND top > value
      """
    ),
  ]

  /// Records that remain of an erased customer keep its id.
  private static let erased = """
    AND NOT EXISTS (SELECT 1 FROM erased_ids e
      WHERE e.store_id = r.store_id AND e.customer_id = r.customer_id)
    """

  private static func ownerless(
    _ table: String,
    _ what: String,
    unless exception: String = ""
  ) -> Query {
    Query(
      """
      SELECT '\(what) of store ' || store_id || ': their customer ' || customer_id || ' is missing'
      FROM \(table) r WHERE NOT EXISTS (
        SELECT 1 FROM customers c WHERE c.store_id = r.store_id AND c.customer_id = r.customer_id)
      \(exception)
      GROUP BY store_id, customer_id
      """
    )
  }

  /// Returns a query for identifiers that one customer has and that are aliases of another.
  private static func stillHeld(_ table: String, _ isSame: String) -> Query {
    Query(
      """
      SELECT 'an identifier of customer ' || c.customer_id || ' of store ' || c.store_id
        || ' is also a former one of customer ' || a.customer_id
      FROM \(table) a JOIN customers c ON c.store_id = a.store_id AND \(isSame)
      """
    )
  }

  /// Returns the number of records of each kind.
  package func counts() throws -> RecordCounts {
    var result = RecordCounts()
    try transaction.forEach(Self.numbers) { row in
      result = RecordCounts(
        customers: Int(row.int64(0)),
        orders: Int(row.int64(1)),
        events: Int(row.int64(2))
      )
    }
    return result
  }

  package func customers(_ visit: (_ store: String, CustomerRow) throws -> Void) throws {
    try transaction.forEach(Self.customers) { row in
      try visit(
        row.text(0),
        CustomerRow(
          id: row.int64(1),
          externalID: row.optionalText(2),
          emailKey: row.optionalText(3),
          phone: row.optionalText(4),
          updatedAt: row.int64(5),
          body: row.array(6),
          stats: row.array(7)
        )
      )
    }
  }

  package func events(_ visit: (_ store: String, EventRow) throws -> Void) throws {
    try transaction.forEach(Self.events) { row in
      try visit(
        row.text(0),
        EventRow(
          id: row.int64(1),
          customerID: row.int64(2),
          occurredAt: row.int64(3),
          source: Int32(truncatingIfNeeded: row.int64(4)),
          sourceName: row.text(5),
          eventID: row.text(6),
          type: row.text(7),
          sequence: row.int64(8),
          body: row.array(9)
        )
      )
    }
  }

  package func orders(_ visit: (_ store: String, OrderRow) throws -> Void) throws {
    try transaction.forEach(Self.orders) { row in
      try visit(
        row.text(0),
        OrderRow(
          id: row.int64(1),
          customerID: row.int64(2),
          placedAt: row.int64(3),
          externalID: row.text(4),
          currencyCode: row.text(5),
          total: row.int64(6),
          refunded: row.int64(7),
          isCancelled: row.bool(8),
          body: row.array(9)
        )
      )
    }
  }

  /// Visits every row of the consent ledger, including rows of erased customers.
  package func ledger(
    _ visit: (_ store: String, _ customerID: Int64, _ id: Int64, _ body: [UInt8]) throws -> Void
  ) throws {
    try transaction.forEach(Self.ledger) { row in
      try visit(row.text(0), row.int64(1), row.int64(2), row.array(3))
    }
  }

  package func checkouts(_ visit: (_ store: String, CheckoutRow) throws -> Void) throws {
    try transaction.forEach(Self.checkouts) { row in
      try visit(
        row.text(0),
        CheckoutRow(
          token: row.text(1),
          customerID: row.int64(2),
          startedAt: row.int64(3),
          body: row.array(4)
        )
      )
    }
  }

  /// Visits the findings about dangling references, one line each, with ids but without personal
  /// data.
  package func dangling(_ visit: (_ finding: String) throws -> Void) throws {
    for query in Self.danglingReferences {
      try transaction.forEach(query) { row in try visit(row.text(0)) }
    }
  }

  private static let pendingParts = Query(
    """
    SELECT id, order_external_id, kind, part_id, received_at, body, store_id FROM pending_parts
    """
  )

  /// Visits every part that waits for its order.
  package func pendingParts(_ visit: (_ store: String, PendingPartRow) throws -> Void) throws {
    try transaction.forEach(Self.pendingParts) { try visit($0.text(6), PendingPartRow($0)) }
  }

  private static let memberships = Query("SELECT count(*) FROM memberships")

  /// Returns the number of memberships, over all terms.
  package func membershipCount() throws -> Int64 {
    try transaction.first(Self.memberships) { $0.int64(0) } ?? 0
  }
}

/// The number of records in a database, over all stores.
package struct RecordCounts: Sendable, Equatable {
  package var customers: Int
  package var orders: Int
  package var events: Int

  /// Makes counts; without arguments those of an empty database.
  package init(customers: Int = 0, orders: Int = 0, events: Int = 0) {
    self.customers = customers
    self.orders = orders
    self.events = events
  }
}
