internal import SQLite

/// The answer to a request with an id, kept for repeats of the request.
package struct KeptAnswer: Sendable {
  /// The method that gave the answer.
  package var method: String
  /// The encoded answer without the records in it; with them if ``isWhole``.
  package var outcome: [UInt8]
  /// The hash of the request. Empty in a database that is older than hashes.
  package var requestHash: [UInt8]
  /// The customers that the answer is about, at most two. When one of them is erased, the answer is
  /// removed.
  package var customers: [Int64]
  /// The event in the answer; nil if there is none.
  package var event: Int64?
  /// True if an earlier version kept the answer, with its records.
  package fileprivate(set) var isWhole = false

  package init(
    method: String,
    outcome: [UInt8],
    requestHash: [UInt8],
    customers: [Int64] = [],
    event: Int64? = nil
  ) {
    self.method = method
    self.outcome = outcome
    self.requestHash = requestHash
    self.customers = customers
    self.event = event
  }
}

// MARK: - Reads and writes

/// The kept answers of a store. They are removed a day after they were given, and before that if
/// the store keeps too many: the oldest first, a few with each new one.
extension StoreWriter {
  private static let find = Query(
    """
    SELECT method, response, request_hash, customer_id, other_customer_id, event_id, position
    FROM requests WHERE store_id = ?1 AND request_id = ?2
    """
  )
  private static let insert = Query(
    """
    INSERT INTO requests (store_id, request_id, method, created_at, response, request_hash,
      customer_id, other_customer_id, event_id, position)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
      coalesce((SELECT max(position) FROM requests WHERE store_id = ?1), 0) + ?10)
    """
  )
  private static let remove = Query(
    "DELETE FROM requests WHERE store_id = ?1 AND request_id = ?2"
  )
  // The index answers the inner query alone, so a row that stays costs no look-up.
  private static let forget = Query(
    """
    DELETE FROM requests WHERE store_id = ?1 AND request_id IN (
      SELECT request_id FROM (
        SELECT request_id, position, created_at FROM requests WHERE store_id = ?1
        ORDER BY position LIMIT ?5)
      WHERE created_at NOT BETWEEN ?2 AND ?3
        OR position <= (SELECT max(position) FROM requests WHERE store_id = ?1) - ?4)
    """
  )

  /// Answers that a new one may remove. More than one, so that a store with too many catches up.
  private static let forgottenByEach = 4

  /// Returns the answer to the request with this id. Returns nil if the id is new, or forgotten.
  package func keptAnswer(of requestID: String) throws -> KeptAnswer? {
    try transaction.first(Self.find, store.name, requestID) { row in
      var answer = KeptAnswer(
        method: row.text(0),
        outcome: row.array(1),
        requestHash: row.array(2),
        customers: [row.optionalInt64(3), row.optionalInt64(4)].compactMap(\.self),
        event: row.optionalInt64(5)
      )
      answer.isWhole = row.int64(6) == 0
      return answer
    }
  }

  /// Keeps the answer to a request for `lifetime` from `now` on, both in microseconds. `replacing`
  /// is for an answer that grows: it takes the place of the one with the same id. Removes some
  /// answers that are older or beyond ``StoreLimits/maxKeptAnswers``.
  package func keep(
    _ answer: KeptAnswer,
    of requestID: String,
    at now: Int64,
    for lifetime: Int64,
    replacing: Bool = false
  ) throws {
    if replacing { try transaction.run(Self.remove, store.name, requestID) }
    try transaction.run(
      Self.insert,
      store.name,
      requestID,
      answer.method,
      now,
      answer.outcome,
      answer.requestHash,
      answer.customers.first,
      answer.customers.dropFirst().first,
      answer.event,
      1 + answer.outcome.count / 1024
    )
    try forgetAnswers(at: now, keptFor: lifetime, atMost: Self.forgottenByEach)
  }

  /// Removes up to `count` answers, the oldest first: those whose `lifetime` is over at `now`, and
  /// those beyond ``StoreLimits/maxKeptAnswers``. Answers of a clock that was ahead by more than
  /// their lifetime go too: they would stand before all later ones.
  package func forgetAnswers(
    at now: Int64,
    keptFor lifetime: Int64,
    atMost count: Int = 100
  ) throws {
    try transaction.run(
      Self.forget,
      store.name,
      now - lifetime,
      now + lifetime,
      transaction.maxKeptAnswers,
      count
    )
  }
}
