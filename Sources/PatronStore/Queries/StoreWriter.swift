package import PatronModel
internal import SQLite

/// The writes of one store, and the reads that they need. It belongs to a write transaction and to
/// the writer's thread. Every change of a record is noted in the transaction, which wakes watches
/// once it is committed.
package struct StoreWriter {
  let transaction: WriteTransaction
  /// Reads in the same transaction.
  package let read: StoreReader
  let rules: TermRules
  /// The author of the changes, which the records of them name. The store itself writes it nowhere.
  package let author: Author

  package var store: StoreID { read.store }

  /// Makes a writer for `store`. It updates the terms of every customer that it writes by `rules`.
  package init(
    _ transaction: WriteTransaction,
    _ store: StoreID,
    _ rules: TermRules,
    by author: Author = .none
  ) {
    self.transaction = transaction
    self.rules = rules
    self.author = author
    self.read = StoreReader(transaction.read, store)
  }

  /// Returns a writer for the changes of another author, such as a part that waited for its order.
  package func by(_ author: Author) -> StoreWriter {
    StoreWriter(transaction, store, rules, by: author)
  }

  /// Returns the next id, greater than every id issued before in the store. The id of a new
  /// customer comes from ``nextCustomerID()``.
  package func nextID() throws -> Int64 {
    try transaction.numbers.next(of: store.name, in: transaction.read)
  }

  /// Records that merges have moved in the current job. All other writes wait for these moves.
  package var movedRecords: Int64 { transaction.movedRecords }

  /// Notes that a merge moves this number of records.
  package func noteMove(of records: Int64) { transaction.movedRecords += records }
}

// MARK: - Customers

extension StoreWriter {
  private static let insert = Query(
    """
    INSERT INTO customers
      (store_id, customer_id, external_id, email, phone, updated_at, body, stats, body_terms,
        stats_terms, provenance)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    """
  )
  // Null leaves stored terms and provenance unchanged.
  private static let updateBody = Query(
    """
    UPDATE customers SET updated_at = ?3, body = ?4, body_terms = coalesce(?5, body_terms),
      provenance = coalesce(?6, provenance)
    WHERE store_id = ?1 AND customer_id = ?2
    """
  )
  private static let updateBodyAndStats = Query(
    """
    UPDATE customers SET updated_at = ?3, body = ?4, body_terms = coalesce(?5, body_terms),
      provenance = coalesce(?6, provenance), stats = ?7, stats_terms = coalesce(?8, stats_terms)
    WHERE store_id = ?1 AND customer_id = ?2
    """
  )
  // One statement for each identifier: SQLite rewrites the index of a column that is set, also to
  // the value that it has.
  private static let updateExternalID = Query(
    "UPDATE customers SET external_id = ?3 WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let updateEmail = Query(
    "UPDATE customers SET email = ?3 WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let updatePhone = Query(
    "UPDATE customers SET phone = ?3 WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let updateStats = Query(
    """
    UPDATE customers SET stats = ?3, stats_terms = coalesce(?4, stats_terms),
      provenance = coalesce(?5, provenance)
    WHERE store_id = ?1 AND customer_id = ?2
    """
  )
  private static let insertAlias = Query(
    """
    INSERT INTO aliases (store_id, external_id, customer_id) VALUES (?1, ?2, ?3)
    ON CONFLICT (store_id, external_id) DO UPDATE SET customer_id = ?3
    """
  )
  private static let deleteAlias = Query(
    "DELETE FROM aliases WHERE store_id = ?1 AND external_id = ?2"
  )

  package func insert(_ row: CustomerRow, terms: RowTerms = RowTerms()) throws {
    let terms = try newTerms(of: row, terms)
    try transaction.run(
      Self.insert,
      store.name,
      row.id,
      row.externalID,
      row.emailKey,
      row.phone,
      row.updatedAt,
      row.body,
      row.stats,
      terms.body,
      terms.stats,
      row.provenance ?? []
    )
    try index(row)
    try forgetAlias(row.externalID)
    noteChange(row.id)
  }

  /// Replaces a customer. Statistics and indexed columns are written only if they changed:
  /// untouched indexes leave one dirty page instead of three.
  package func update(
    _ row: CustomerRow,
    replacing old: CustomerRow,
    terms: RowTerms = RowTerms()
  ) throws {
    let hasStats = row.stats != old.stats
    let bodyTerms = try changedBodyTerms(of: row, terms.body)
    let statsTerms =
      hasStats ? try changedStatsTerms(row.stats, terms.stats, of: row.id) : nil
    if hasStats {
      try transaction.run(
        Self.updateBodyAndStats,
        store.name,
        row.id,
        row.updatedAt,
        row.body,
        bodyTerms,
        row.provenance,
        row.stats,
        statsTerms
      )
    } else {
      try transaction.run(
        Self.updateBody,
        store.name,
        row.id,
        row.updatedAt,
        row.body,
        bodyTerms,
        row.provenance
      )
    }
    try writeIdentifiers(of: row, replacing: old)
    noteChange(row.id)
  }

  /// Writes the identifiers that changed, with what is kept by identifier: the search index and the
  /// aliases.
  private func writeIdentifiers(of row: CustomerRow, replacing old: CustomerRow) throws {
    if row.emailKey != old.emailKey || row.phone != old.phone {
      if row.emailKey != old.emailKey {
        try transaction.run(Self.updateEmail, store.name, row.id, row.emailKey)
      }
      if row.phone != old.phone {
        try transaction.run(Self.updatePhone, store.name, row.id, row.phone)
      }
      try unindex(old)
      try index(row)
      try forgetAddressAliases(row, replacing: old)
    }
    if row.externalID != old.externalID {
      try transaction.run(Self.updateExternalID, store.name, row.id, row.externalID)
      try forgetAlias(row.externalID)
    }
  }

  /// Writes the part of a customer that orders and events change, and the provenance unless it is
  /// nil.
  package func setStats(
    _ stats: [UInt8],
    terms: TermSource = .rules,
    provenance: [UInt8]? = nil,
    of customerID: Int64
  ) throws {
    let packed = try changedStatsTerms(stats, terms, of: customerID)
    try transaction.run(Self.updateStats, store.name, customerID, stats, packed, provenance)
    noteChange(customerID)
  }

  /// Adds a former external id as an alias of a customer.
  package func addAlias(_ externalID: String, of customerID: Int64) throws {
    try transaction.run(Self.insertAlias, store.name, externalID, customerID)
  }

  func noteChange(_ customerID: Int64) {
    transaction.recordChange(store: store.name, customerID: customerID)
  }

  /// Removes the alias that is a customer's new external id.
  private func forgetAlias(_ externalID: String?) throws {
    guard let externalID else { return }
    try transaction.run(Self.deleteAlias, store.name, externalID)
  }
}
