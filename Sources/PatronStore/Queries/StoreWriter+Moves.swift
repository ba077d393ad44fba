internal import SQLite

/// Moves of a customer's records to another customer. Bodies name their customer too, so the caller
/// passes `rewrite`, which returns the body for the new owner.
extension StoreWriter {
  /// Returns a body with the new owner's id.
  package typealias Rewrite = (_ body: [UInt8]) throws -> [UInt8]

  private static let eventsOf = Query(
    "SELECT id, occurred_at, body FROM events WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let eventByID = Query(
    """
    SELECT id, occurred_at, body FROM events
    WHERE store_id = ?1 AND id = ?3 AND customer_id = ?2
    """
  )
  private static let moveEvent = Query(
    """
    UPDATE events SET customer_id = ?5, body = ?6
    WHERE store_id = ?1 AND customer_id = ?2 AND occurred_at = ?3 AND id = ?4
    """
  )
  private static let ordersOf = Query(
    "SELECT id, placed_at, body FROM orders WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let orderByID = Query(
    """
    SELECT id, placed_at, body FROM orders
    WHERE store_id = ?1 AND id = ?3 AND customer_id = ?2
    """
  )
  private static let moveOrder = Query(
    """
    UPDATE orders SET customer_id = ?5, body = ?6
    WHERE store_id = ?1 AND customer_id = ?2 AND placed_at = ?3 AND id = ?4
    """
  )
  private static let ledgerOf = Query(
    "SELECT id, 0, body FROM consent_ledger WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let ledgerByID = Query(
    """
    SELECT id, 0, body FROM consent_ledger
    WHERE store_id = ?1 AND customer_id = ?2 AND id = ?3
    """
  )
  private static let moveLedger = Query(
    """
    UPDATE consent_ledger SET customer_id = ?4, body = ?5
    WHERE store_id = ?1 AND customer_id = ?2 AND id = ?3
    """
  )
  private static let checkoutsOf = Query(
    "SELECT token FROM checkouts WHERE store_id = ?1 AND customer_id = ?2 ORDER BY token"
  )
  private static let moveCheckout = Query(
    "UPDATE checkouts SET customer_id = ?4 WHERE store_id = ?1 AND token = ?3 AND customer_id = ?2"
  )

  private struct Moving {
    var id: Int64
    var at: Int64
    var body: [UInt8]
  }

  /// Returns the rows to move. All of them are read before the first is written: a statement must
  /// not step over rows that it moves.
  private func rows(_ all: Query, _ one: Query, _ ids: [Int64]?, of owner: Int64) throws -> [Moving]
  {
    var rows: [Moving] = []
    func add(_ row: borrowing Row) {
      rows.append(Moving(id: row.int64(0), at: row.int64(1), body: row.array(2)))
    }
    guard let ids else {
      try transaction.forEach(all, store.name, owner) { add($0) }
      return rows
    }
    for id in ids { try transaction.forEach(one, store.name, owner, id) { add($0) } }
    return rows
  }

  /// Moves events to another customer: all of them, or those of `ids` that the owner has. Returns
  /// their ids, ascending. They keep id, time and sequence: watches of the store have seen them,
  /// and watches of the new owner see the event of the merge instead.
  package func moveEvents(
    _ ids: [Int64]? = nil,
    from owner: Int64,
    to other: Int64,
    _ rewrite: Rewrite
  ) throws -> [Int64] {
    let rows = try rows(Self.eventsOf, Self.eventByID, ids, of: owner)
    for row in rows {
      try transaction.run(
        Self.moveEvent,
        store.name,
        owner,
        row.at,
        row.id,
        other,
        try rewrite(row.body)
      )
    }
    return rows.map(\.id).sorted()
  }

  /// Moves orders in the same way.
  package func moveOrders(
    _ ids: [Int64]? = nil,
    from owner: Int64,
    to other: Int64,
    _ rewrite: Rewrite
  ) throws -> [Int64] {
    let rows = try rows(Self.ordersOf, Self.orderByID, ids, of: owner)
    for row in rows {
      try transaction.run(
        Self.moveOrder,
        store.name,
        owner,
        row.at,
        row.id,
        other,
        try rewrite(row.body)
      )
    }
    return rows.map(\.id).sorted()
  }

  /// Moves rows of the consent ledger in the same way. Only their owner changes.
  package func moveLedger(
    _ ids: [Int64]? = nil,
    from owner: Int64,
    to other: Int64,
    _ rewrite: Rewrite
  ) throws -> [Int64] {
    let rows = try rows(Self.ledgerOf, Self.ledgerByID, ids, of: owner)
    for row in rows {
      try transaction.run(
        Self.moveLedger,
        store.name,
        owner,
        row.id,
        other,
        try rewrite(row.body)
      )
    }
    return rows.map(\.id).sorted()
  }

  /// Moves checkouts to another customer: all of them, or those of `tokens` that the owner has.
  /// Returns their tokens. Their bodies do not name the customer.
  package func moveCheckouts(
    _ tokens: [String]? = nil,
    from owner: Int64,
    to other: Int64
  ) throws -> [String] {
    var moved = tokens ?? []
    if tokens == nil {
      try transaction.forEach(Self.checkoutsOf, store.name, owner) { moved.append($0.text(0)) }
    }
    for token in moved {
      try transaction.run(Self.moveCheckout, store.name, owner, token, other)
    }
    return moved
  }
}

// MARK: - The customer itself

extension StoreWriter {
  private static let delete = Query(
    "DELETE FROM customers WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Deletes a customer whose records were moved, with its terms and search entries. `sequence` is
  /// that of the merge's event; it wakes the watches of the customer.
  package func removeMerged(_ row: CustomerRow, reportedBy sequence: Int64) throws {
    try removeTerms(of: row.id)
    try unindex(row)
    try transaction.run(Self.delete, store.name, row.id)
    transaction.recordChange(store: store.name, customerID: row.id, sequence: sequence)
  }
}
