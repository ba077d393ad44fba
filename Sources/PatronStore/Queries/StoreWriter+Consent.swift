package import PatronModel
internal import SQLite

/// Suppressions, confirmations and settings.
extension StoreWriter {
  private static let insertSuppression = Query(
    """
    INSERT INTO suppressions
      (store_id, channel, address_hash, reason, suppressed_at, source, note)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    """
  )
  private static let deleteSuppression = Query(
    """
    DELETE FROM suppressions
    WHERE store_id = ?1 AND channel = ?2 AND address_hash = ?3 AND reason = ?4
    """
  )

  /// Suppresses an address for a reason that it is not suppressed for yet. Where a customer has
  /// the address, write the customer after it: what watches customers looks at suppressions too.
  package func insert(_ row: SuppressionRow) throws {
    try transaction.run(
      Self.insertSuppression,
      store.name,
      row.channel.rawValue,
      row.addressHash,
      row.reason,
      row.suppressedAt,
      row.source,
      row.note
    )
  }

  /// Lifts the suppression of an address for one reason, whichever spelling of a phone number it
  /// was kept with.
  package func removeSuppression(
    _ channel: Channel,
    of address: String,
    reason: SuppressionReason
  ) throws {
    for hash in try SuppressionReader(read).hashes(channel, address) {
      try removeSuppression(channel, addressHash: hash, reason: reason)
    }
  }

  /// Removes one suppression as it is kept.
  package func removeSuppression(
    _ channel: Channel,
    addressHash: [UInt8],
    reason: SuppressionReason
  ) throws {
    try transaction.run(
      Self.deleteSuppression,
      store.name,
      channel.rawValue,
      addressHash,
      reason.rawValue
    )
  }

  private static let insertMoved = Query(
    """
    INSERT INTO suppressions
      (store_id, channel, address_hash, reason, suppressed_at, source, note)
    SELECT store_id, channel, ?3, reason, suppressed_at, source, note FROM suppressions
    WHERE store_id = ?1 AND channel = 1 AND address_hash = ?2
    ON CONFLICT (store_id, channel, address_hash, reason) DO NOTHING
    """
  )
  private static let noteSpelled = Query(
    """
    INSERT INTO spelled_stores (store_id) VALUES (?1) ON CONFLICT (store_id) DO NOTHING
    """
  )

  /// Gives the suppressions of one spelling of a phone number to another one too.
  package func copySuppressions(ofPhone spelling: String, to phone: String) throws {
    let reader = SuppressionReader(read)
    try transaction.run(
      Self.insertMoved,
      store.name,
      try reader.hash(spelling),
      try reader.hash(phone)
    )
  }

  /// Notes that something of the store is kept with a former spelling of a phone number.
  package func noteFormerSpelling() throws { try transaction.run(Self.noteSpelled, store.name) }

  private static let insertConfirmation = Query(
    """
    INSERT INTO confirmations (store_id, token_hash, channel, topic, customer_id, address_hash,
      requested_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    """
  )
  private static let useConfirmation = Query(
    """
    UPDATE confirmations SET confirmed_at = ?4
    WHERE store_id = ?1 AND token_hash = ?2 AND channel = ?3
    """
  )
  private static let forgetConfirmations = Query(
    """
    DELETE FROM confirmations WHERE store_id = ?1 AND (token_hash, channel, topic) IN (
      SELECT token_hash, channel, topic FROM confirmations
      WHERE store_id = ?1 AND expires_at < ?2 LIMIT 100)
    """
  )

  /// Keeps a request that waits for its confirmation.
  package func insert(_ row: ConfirmationRow) throws {
    try transaction.run(
      Self.insertConfirmation,
      store.name,
      row.tokenHash,
      row.channel.rawValue,
      row.topic.rawValue,
      row.customerID,
      row.addressHash,
      row.requestedAt,
      row.expiresAt
    )
  }

  /// Marks a token as used for a channel.
  package func useConfirmation(tokenHash: [UInt8], of channel: Channel, at now: Int64) throws {
    try transaction.run(
      Self.useConfirmation,
      store.name,
      tokenHash,
      channel.rawValue,
      now
    )
  }

  /// Forgets up to 100 requests whose time for confirming ended before `oldest`.
  package func forgetConfirmations(before oldest: Int64) throws {
    try transaction.run(Self.forgetConfirmations, store.name, oldest)
  }

  private static let setSettings = Query(
    """
    INSERT INTO store_settings (store_id, body) VALUES (?1, ?2)
    ON CONFLICT (store_id) DO UPDATE SET body = ?2
    """
  )

  /// Writes the store's settings.
  package func setSettings(_ body: [UInt8]) throws {
    try transaction.run(Self.setSettings, store.name, body)
    transaction.settings.forget(store.name)
  }
}
