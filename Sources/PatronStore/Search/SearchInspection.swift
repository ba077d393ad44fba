internal import PatronModel
internal import ProtoWire
internal import SQLite

/// Checks of the search index: of its shape, which take some milliseconds, and of its content,
/// which read the index and the customers once. SQLite's check of the file covers neither.
enum SearchInspection {
  private static let setting = Query(
    "SELECT v FROM customer_search_config WHERE k = 'usermerge'"
  )
  private static let opening = Query(
    "SELECT rowid FROM customer_search WHERE customer_search MATCH 'nothing' LIMIT 1"
  )
  private static let pages = Query(
    "SELECT count(*) FROM customer_search_data WHERE id BETWEEN ?1 AND ?2"
  )
  private static let terms = Query(
    "SELECT 1 FROM customer_search_idx WHERE segid = ?1 LIMIT 1"
  )
  private static let averages = Query("SELECT 1 FROM customer_search_data WHERE id = 1")
  private static let lengths = Query("SELECT count(*) FROM customer_search_docsize")
  private static let customers = Query("SELECT count(*) FROM customers")
  private static let integrity = Query(
    "INSERT INTO customer_search (customer_search) VALUES ('integrity-check')"
  )
  private static let missing = Query(
    """
    SELECT 'customer ' || customer_id || ' of store ' || store_id || ': not in the search index'
    FROM customers c
    WHERE \(SearchRows.ofCustomer) NOT IN (SELECT id FROM customer_search_docsize)
    LIMIT ?1
    """
  )
  private static let stray = Query(
    """
    SELECT 'the search index has customer ' || id || ', who does not exist'
    FROM customer_search_docsize
    WHERE id NOT IN (SELECT \(SearchRows.ofCustomer) FROM customers c)
    LIMIT ?1
    """
  )
  private static let records = Query(
    "SELECT c.store_id, \(SearchRows.ofCustomer), c.email, c.phone FROM customers c"
  )
  /// Maximum number of findings of one kind.
  private static let maxFindings = 100
  private static let advice = "`patrond compact` makes it again"

  /// Marks an index for a rebuild if it is damaged or near a limit. Runs when a database is opened
  /// for writing. `closely` adds SQLite's check of the index, as after a migration. Returns the
  /// reason of a rebuild that is due or under way, or nil if the index is whole.
  static func markIfNeeded(_ connection: Connection, closely: Bool) throws -> String? {
    guard try SearchRebuild.isTracked(connection) else { return nil }
    if let reason = try connection.first(SearchRebuild.reasonOfMark, row: { $0.text(0) }) {
      return reason
    }
    do {
      var problem = try shapeFindings(connection).first
      if problem == nil, closely { problem = try failure { try connection.run(integrity) } }
      guard let problem else {
        try set(connection)
        return nil
      }
      _ = try SearchRebuild.mark(problem, connection)
      return problem
    } catch let error as SQLiteError where error.isCorrupt {
      // The file itself is damaged. What can be read is served; checks report the damage.
      return nil
    }
  }

  /// Returns all findings about the index, one per line, without personal data.
  static func findings(_ connection: Connection) throws -> [String] {
    guard try SearchRebuild.isTracked(connection) else { return [] }
    if let reason = try connection.first(SearchRebuild.reasonOfMark, row: { $0.text(0) }) {
      return ["the search index is being made again (\(reason)); a server that starts goes on"]
    }
    var findings = try shapeFindings(connection).map { "the search index: \($0); \(advice)" }
    if let problem = try failure({ try connection.run(integrity) }) {
      findings.append("the search index fails SQLite's check of it: \(problem); \(advice)")
    }
    for query in [missing, stray] {
      try connection.forEach(query, maxFindings) { findings.append($0.text(0)) }
    }
    guard findings.isEmpty else { return findings }
    guard try sumOfIndex(connection) != sumOfRecords(connection) else { return [] }
    return ["the search index and the records differ; \(advice)"]
  }

  /// Updates the settings of an index that an earlier version made.
  private static func set(_ connection: Connection) throws {
    guard try connection.first(setting, row: { $0.int64(0) }) != 2 else { return }
    try connection.run(SearchRebuild.settings)
  }

  /// Returns the findings that need no read of the index itself: it opens, it is not near a limit,
  /// and all of its parts are there.
  private static func shapeFindings(_ connection: Connection) throws -> [String] {
    if let problem = try failure({ try connection.run(opening) }) {
      return ["it cannot be opened: \(problem)"]
    }
    guard let shape = try SearchIndex.structure(connection) else {
      return ["the record of its structure is damaged"]
    }
    var findings: [String] = []
    if shape.isGrown { findings.append("it has grown too far, \(shape)") }
    for segment in shape.segments where segment.pageCount > 0 {
      let ids = segment.pageIDs
      let count = try connection.first(pages, ids.lowerBound, ids.upperBound) { $0.int64(0) }
      let hasTerms = try connection.first(terms, segment.id) { _ in true } ?? false
      if count != segment.pageCount || !hasTerms {
        findings.append("segment \(segment.id) is incomplete")
      }
    }
    let hasAverages = try connection.first(averages) { _ in true } ?? false
    let indexed = try connection.first(lengths) { $0.int64(0) } ?? 0
    let known = try connection.first(customers) { $0.int64(0) } ?? 0
    if !hasAverages { findings.append("the record of its sums is missing") }
    if indexed != known || (indexed > 0 && shape.pageCount == 0) {
      findings.append("it has \(indexed) of \(known) customers")
    }
    return findings
  }

  /// Returns the failure of the index, or nil if `body` succeeds. Rethrows errors of the disk.
  private static func failure(_ body: () throws -> Void) throws -> String? {
    do {
      try body()
      return nil
    } catch let error as SQLiteError where error.canBeOfVirtualTable {
      return error.description
    }
  }
}

// MARK: - Comparison of index and records

extension SearchInspection {
  /// An order-independent sum over all pairs of a token and a customer. Equal sums mean equal sets
  /// of pairs, as far as 64 bits and a count can tell.
  private struct PairSum: Equatable {
    private var count: Int64 = 0
    private var sum: UInt64 = 0

    mutating func add(_ token: some Sequence<UInt8>, _ customerID: Int64) {
      var hash = Self.start(customerID)
      for byte in token { hash = Self.step(hash, byte) }
      add(hash)
    }

    mutating func add(_ token: RawSpan, _ customerID: Int64) {
      var hash = Self.start(customerID)
      for offset in 0..<token.byteCount { hash = Self.step(hash, token[offset]) }
      add(hash)
    }

    private static func start(_ customerID: Int64) -> UInt64 {
      0xCBF2_9CE4_8422_2325 ^ UInt64(bitPattern: customerID)
    }

    private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
      (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    private mutating func add(_ hash: UInt64) {
      // The last bytes must affect the upper bits too.
      let mixed = (hash ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
      sum &+= mixed ^ mixed >> 32
      count += 1
    }
  }

  private static func sumOfIndex(_ connection: Connection) throws -> PairSum {
    var sum = PairSum()
    try connection.execute(
      "CREATE VIRTUAL TABLE temp.search_pairs USING fts5vocab (main, customer_search, instance)"
    )
    try connection.withStatement(sql: "SELECT term, doc FROM temp.search_pairs") { statement in
      while try statement.step() {
        let row = Row(statement)
        sum.add(row.utf8(0), row.int64(1))
      }
    }
    try connection.execute("DROP TABLE temp.search_pairs")
    return sum
  }

  private static func sumOfRecords(_ connection: Connection) throws -> PairSum {
    var sum = PairSum()
    try connection.forEach(records) { row in
      let text = SearchTokens.document(
        store: row.text(0),
        emailKey: row.optionalText(2),
        phone: row.optionalText(3)
      )
      for token in text.utf8.split(separator: UInt8(ascii: " ")) { sum.add(token, row.int64(1)) }
    }
    return sum
  }
}
