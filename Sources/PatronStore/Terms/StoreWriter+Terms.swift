internal import SQLite

/// Memberships of customers in terms. Only differences are written.
extension StoreWriter {
  private static let find = Query(
    "SELECT term_id FROM terms WHERE store_id = ?1 AND category = ?2 AND value = ?3"
  )
  private static let nextTerm = Query(
    "UPDATE sequences SET value = value + 1 WHERE name = 'term' RETURNING value"
  )
  private static let insertTerm = Query(
    """
    INSERT INTO terms (store_id, category, value, term_id, count, label)
    VALUES (?1, ?2, ?3, ?4, 0, ?5)
    """
  )
  private static let insertMember = Query(
    "INSERT INTO memberships (store_id, term_id, customer_id) VALUES (?1, ?2, ?3)"
  )
  private static let deleteMember = Query(
    "DELETE FROM memberships WHERE store_id = ?1 AND term_id = ?2 AND customer_id = ?3"
  )
  private static let termColumns = Query(
    "SELECT body_terms, stats_terms FROM customers WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let setBodyTerms = Query(
    "UPDATE customers SET body_terms = ?3 WHERE store_id = ?1 AND customer_id = ?2"
  )
  private static let setBothTerms = Query(
    """
    UPDATE customers SET body_terms = ?3, stats_terms = ?4
    WHERE store_id = ?1 AND customer_id = ?2
    """
  )

  /// Recomputes a customer's terms after a change outside its record, such as a suppression. Does
  /// nothing if there is no such customer.
  package func refreshTerms(of customerID: Int64) throws {
    guard let row = try read.customerRow(.id(customerID)), row.id == customerID else { return }
    let old = try packedTerms(of: customerID)
    let terms = try bodyTerms(of: row, over: old.body)
    guard terms != old.body else { return }
    try transaction.run(Self.setBodyTerms, store.name, customerID, terms)
    transaction.recordChange(store: store.name, customerID: customerID)
  }

  /// Removes a customer from all of its terms. Call it before the customer is deleted.
  package func removeTerms(of customerID: Int64) throws {
    let old = try packedTerms(of: customerID)
    try move(customerID, from: Self.unpack(old.body), to: [])
    try move(customerID, from: Self.unpack(old.stats), to: [])
    try transaction.run(Self.setBothTerms, store.name, customerID, [UInt8](), [UInt8]())
  }

  /// Recomputes all terms of a customer from its stored record. Writes nothing if they are as
  /// stored.
  func rebuildTerms(of row: CustomerRow) throws {
    let old = try packedTerms(of: row.id)
    let body = try bodyTerms(of: row, over: old.body)
    let stats = try statsTerms(row.stats, of: row.id, over: old.stats)
    guard body != old.body || stats != old.stats else { return }
    try transaction.run(Self.setBothTerms, store.name, row.id, body, stats)
  }

  /// Updates a customer's memberships to its row. Returns the new content of the column.
  func bodyTerms(of row: CustomerRow, over old: [UInt8]) throws -> [UInt8] {
    try put(row.id, on: rules.ofBody(row, read), over: old)
  }

  /// Updates a customer's memberships to its statistics. Returns the new content of the column.
  func statsTerms(_ stats: [UInt8], of customerID: Int64, over old: [UInt8]) throws -> [UInt8] {
    try put(customerID, on: rules.ofStats(stats), over: old)
  }

  /// Adds a new customer to its terms. Returns the content of both columns.
  func newTerms(of row: CustomerRow, _ terms: RowTerms) throws -> (body: [UInt8], stats: [UInt8]) {
    let body =
      if case .known(let known) = terms.body { known } else { try rules.ofBody(row, read) }
    let stats =
      if case .known(let known) = terms.stats { known } else { try rules.ofStats(row.stats) }
    return (try put(row.id, on: body, over: []), try put(row.id, on: stats, over: []))
  }

  /// Updates a changed customer's memberships to its row. Returns the new content of the body's
  /// column, or nil if it is unchanged.
  func changedBodyTerms(of row: CustomerRow, _ source: TermSource) throws -> [UInt8]? {
    switch source {
    case .unchanged: nil
    case .known(let terms): try put(row.id, on: terms, over: packedTerms(of: row.id).body)
    case .rules: try bodyTerms(of: row, over: packedTerms(of: row.id).body)
    }
  }

  /// Updates a changed customer's memberships to its statistics. Returns the new content of their
  /// column, or nil if it is unchanged.
  func changedStatsTerms(
    _ stats: [UInt8],
    _ source: TermSource,
    of customerID: Int64
  ) throws -> [UInt8]? {
    switch source {
    case .unchanged: nil
    case .known(let terms): try put(customerID, on: terms, over: packedTerms(of: customerID).stats)
    case .rules: try statsTerms(stats, of: customerID, over: packedTerms(of: customerID).stats)
    }
  }

  private func put(_ customerID: Int64, on terms: [Term], over old: [UInt8]) throws -> [UInt8] {
    let ids = try ids(of: terms)
    try move(customerID, from: Self.unpack(old), to: ids)
    return PackedTerms.pack(ids)
  }

  /// Returns both columns, empty if the customer has no terms yet.
  func packedTerms(of customerID: Int64) throws -> (body: [UInt8], stats: [UInt8]) {
    try transaction.first(Self.termColumns, store.name, customerID) { row in
      (row.array(0), row.array(1))
    } ?? ([], [])
  }

  private static func unpack(_ packed: [UInt8]) -> [Int64] {
    PackedTerms.unpack(packed.span.bytes)
  }

  private func ids(of terms: [Term]) throws -> [Int64] {
    var ids = try terms.map { try id(of: $0) }
    ids.sort()
    var last: Int64?
    ids.removeAll { id in
      defer { last = id }
      return id == last
    }
    return ids
  }

  private func id(of term: Term) throws -> Int64 {
    let ledger = transaction.terms
    if let known = ledger.id(of: term, in: store.name) { return known }
    let found = try transaction.first(Self.find, store.name, term.category, term.value) {
      $0.int64(0)
    }
    let id = try found ?? make(term)
    ledger.remember(term, in: store.name, id: id)
    return id
  }

  private func make(_ term: Term) throws -> Int64 {
    guard let id = try transaction.first(Self.nextTerm, row: { $0.int64(0) }) else {
      throw StoreError.corrupt("the table of sequences has lost its row `term`")
    }
    try transaction.run(Self.insertTerm, store.name, term.category, term.value, id, term.label)
    return id
  }

  /// Walks both ascending lists in parallel and writes their differences.
  private func move(_ customerID: Int64, from old: [Int64], to new: [Int64]) throws {
    guard old != new else { return }
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if right == new.count || (left < old.count && old[left] < new[right]) {
        try transaction.run(Self.deleteMember, store.name, old[left], customerID)
        transaction.terms.count(-1, of: old[left], in: store.name)
        left += 1
      } else if left == old.count || new[right] < old[left] {
        try transaction.run(Self.insertMember, store.name, new[right], customerID)
        transaction.terms.count(1, of: new[right], in: store.name)
        right += 1
      } else {
        left += 1
        right += 1
      }
    }
  }
}
