internal import PatronModel
internal import SQLite

extension StoreReader {
  private static let confirmations = Query(
    """
    SELECT channel, topic, customer_id, address_hash, requested_at, expires_at, confirmed_at
    FROM confirmations WHERE store_id = ?1 AND token_hash = ?2 ORDER BY channel, topic
    """
  )
  private static let ledger = Query(
    """
    SELECT id, body FROM consent_ledger
    WHERE store_id = ?1 AND customer_id = ?2 AND id < ?3 ORDER BY id DESC
    """
  )
  private static let settings = Query("SELECT body FROM store_settings WHERE store_id = ?1")

  /// Returns the requests that a token confirms. Empty if the token is unknown.
  package func confirmations(tokenHash: [UInt8]) throws -> [ConfirmationRow] {
    var rows: [ConfirmationRow] = []
    try transaction.forEach(Self.confirmations, store.name, tokenHash) { row in
      guard let channel = Channel(rawValue: Int(row.int64(0))),
        let topic = Topic(rawValue: Int(row.int64(1)))
      else { throw StoreError.corrupt("a confirmation has an unknown channel or topic") }
      rows.append(
        ConfirmationRow(
          tokenHash: tokenHash,
          channel: channel,
          topic: topic,
          customerID: row.int64(2),
          addressHash: row.array(3),
          requestedAt: row.int64(4),
          expiresAt: row.int64(5),
          confirmedAt: row.optionalInt64(6)
        )
      )
    }
    return rows
  }

  /// Visits the rows of a customer's consent ledger with an id below `before`, newest first, until
  /// `visit` returns false.
  package func consentHistory(
    of customerID: Int64,
    before: Int64,
    _ visit: (_ id: Int64, _ body: RawSpan) throws -> Bool
  ) throws {
    try transaction.forEachWhile(Self.ledger, store.name, customerID, before) { row in
      try visit(row.int64(0), row.span(1))
    }
  }

  /// Returns the encoded `patron.v1.StoreSettings`, or nil if the store has the defaults.
  package func settings() throws -> [UInt8]? {
    try transaction.first(Self.settings, store.name) { $0.array(0) }
  }

  /// Returns the addresses that the settings declare as shared by many people. The writer caches
  /// them until the settings change; other readers call `ask` each time.
  package func sharedIdentifiers(_ ask: () throws -> Set<String>) rethrows -> Set<String> {
    try transaction.settings?.answer(for: store.name, ask) ?? ask()
  }
}
