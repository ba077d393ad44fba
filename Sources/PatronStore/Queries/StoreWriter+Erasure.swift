package import PatronModel
internal import SQLite

/// Erasure of a customer: its record, its identifiers and the details of its suppressions.
extension StoreWriter {
  private static let deleteCustomer = Query(
    "DELETE FROM customers WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let deleteConfirmations = Query(
    "DELETE FROM confirmations WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let deleteAnswers = Query(
    "DELETE FROM requests WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let deleteOtherAnswers = Query(
    "DELETE FROM requests WHERE store_id = ?1 AND other_customer_id = ?2"
  )
  private static let clearSuppressions = Query(
    """
    UPDATE suppressions SET source = '', note = ''
    WHERE store_id = ?1 AND channel = ?2 AND address_hash = ?3 AND (source <> '' OR note <> '')
    """
  )

  /// Deletes a customer's record and all of its identifiers, the journal of merges into it, its
  /// double opt-in requests, and the answers kept for repeated requests about it. Events, orders,
  /// checkouts and the consent ledger stay. `names` is the result of ``StoreReader/names(of:)``.
  ///
  /// SQLite overwrites freed content with zeros, and the WAL is truncated after the commit as soon
  /// as no reader needs it. An earlier copy of a row, about one in a hundred, may remain in the
  /// unused part of a page that SQLite rebuilt before: `secure_delete` does not reach it, VACUUM
  /// does. The search index drops the trigrams of addresses when it merges its segments: with this
  /// commit while it is small, over several erasures when it is large.
  package func erase(_ row: CustomerRow, _ names: ErasedNames) throws {
    try removeTerms(of: row.id)
    try unindex(row)
    try transaction.run(Self.deleteCustomer, store.name, row.id)
    try removeFormerIdentifiers(of: row.id)
    try removeMerges(into: row.id)
    for id in names.ids {
      try transaction.run(Self.deleteConfirmations, store.name, id)
      try transaction.run(Self.deleteAnswers, store.name, id)
      try transaction.run(Self.deleteOtherAnswers, store.name, id)
      try deleteSearchRow(of: id)
      try deleteTombstones(of: id)
    }
    transaction.search.hasErased = true
    // If the transaction is rolled back, the cached answer merely costs a look-up.
    transaction.erasures.note(true, for: store.name)
    transaction.truncatesLog = true
    transaction.recordChange(store: store.name, customerID: row.id)
  }

  /// Clears the details of an address's suppressions. Reason and date stay.
  package func clearSuppressions(_ channel: Channel, of address: String) throws {
    for hash in try SuppressionReader(read).hashes(channel, address) {
      try transaction.run(Self.clearSuppressions, store.name, channel.rawValue, hash)
    }
  }
}

// MARK: - The receipt

extension StoreWriter {
  private static let insertErasure = Query(
    """
    INSERT INTO erasures (store_id, id, customer_id, mode, erased_at, reason, event_count,
      order_count, suppression_count, stats, is_complete)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)
    """
  )
  private static let insertID = Query(
    "INSERT INTO erased_ids (store_id, customer_id, erasure_id) VALUES (?1, ?2, ?3)"
  )
  private static let insertAddress = Query(
    "INSERT INTO erased_addresses (store_id, address_hash, erasure_id) VALUES (?1, ?2, ?3)"
  )
  private static let complete = Query(
    "UPDATE erasures SET is_complete = 1 WHERE store_id = ?1 AND id = ?2"
  )
  private static let anyAddress = Query(
    "SELECT 1 FROM erased_addresses WHERE store_id = ?1 LIMIT 1"
  )
  private static let hasAddress = Query(
    "SELECT 1 FROM erased_addresses WHERE store_id = ?1 AND address_hash = ?2 LIMIT 1"
  )

  /// Writes a receipt, with the ids and hashed addresses of the customer.
  package func insert(_ row: ErasureRow, _ names: ErasedNames) throws {
    try transaction.run(
      Self.insertErasure,
      store.name,
      row.id,
      row.customerID,
      row.mode,
      row.erasedAt,
      row.reason,
      row.eventCount,
      row.orderCount,
      row.suppressionCount,
      row.stats
    )
    for id in names.ids { try transaction.run(Self.insertID, store.name, id, row.id) }
    let reader = SuppressionReader(read)
    for (_, address) in names.addresses {
      try transaction.run(Self.insertAddress, store.name, try reader.hash(address), row.id)
    }
  }

  /// Marks an erasure as complete: no history is left to work through.
  package func completeErasure(_ id: Int64) throws {
    try transaction.run(Self.complete, store.name, id)
    transaction.truncatesLog = true
  }

  /// Returns true if an address belonged to an erased customer. Hashes nothing in a store without
  /// erasures.
  package func wasErased(_ address: String) throws -> Bool {
    let any = try transaction.erasures.answer(for: store.name) {
      try transaction.first(Self.anyAddress, store.name) { _ in true } ?? false
    }
    guard any else { return false }
    let channel: Channel = address.hasPrefix("+") ? .sms : .email
    return try SuppressionReader(read).hashes(channel, address).contains { hash in
      try transaction.first(Self.hasAddress, store.name, hash) { _ in true } ?? false
    }
  }
}

// MARK: - Rewritten and removed history

extension StoreWriter {
  private static let setEvent = Query(
    """
    UPDATE events SET event_id = ?5, body = ?6
    WHERE store_id = ?1 AND customer_id = ?2 AND occurred_at = ?3 AND id = ?4
    """
  )
  private static let deleteEvent = Query(
    """
    DELETE FROM events
    WHERE store_id = ?1 AND customer_id = ?2 AND occurred_at = ?3 AND id = ?4
    """
  )
  private static let setOrder = Query(
    """
    UPDATE orders SET body = ?5
    WHERE store_id = ?1 AND customer_id = ?2 AND placed_at = ?3 AND id = ?4
    """
  )
  private static let deleteOrder = Query(
    """
    DELETE FROM orders WHERE store_id = ?1 AND customer_id = ?2 AND placed_at = ?3 AND id = ?4
    """
  )
  private static let deleteCheckout = Query(
    "DELETE FROM checkouts WHERE store_id = ?1 AND token = ?2"
  )
  private static let setLedger = Query(
    """
    UPDATE consent_ledger SET body = ?4 WHERE store_id = ?1 AND customer_id = ?2 AND id = ?3
    """
  )

  /// Rewrites an event of an erased customer, with its caller's identifier. The event keeps its
  /// place and sequence: a watch sees the erasure as one event, not as a change of each.
  package func rewriteErased(_ row: EventRow) throws {
    try transaction.run(
      Self.setEvent,
      store.name,
      row.customerID,
      row.occurredAt,
      row.id,
      row.eventID,
      row.body
    )
  }

  package func remove(_ row: EventRow) throws {
    try transaction.run(Self.deleteEvent, store.name, row.customerID, row.occurredAt, row.id)
  }

  /// Rewrites the body of an order of an erased customer.
  package func rewriteErased(_ row: OrderRow) throws {
    try transaction.run(
      Self.setOrder,
      store.name,
      row.customerID,
      row.placedAt,
      row.id,
      row.body
    )
  }

  package func remove(_ row: OrderRow) throws {
    try transaction.run(Self.deleteOrder, store.name, row.customerID, row.placedAt, row.id)
  }

  package func remove(_ row: CheckoutRow) throws {
    try transaction.run(Self.deleteCheckout, store.name, row.token)
  }

  /// Rewrites a row of the consent ledger. Only an erasure may do this, and only to leave data out.
  package func rewriteLedger(id: Int64, of customerID: Int64, body: [UInt8]) throws {
    try transaction.run(Self.setLedger, store.name, customerID, id, body)
  }
}
