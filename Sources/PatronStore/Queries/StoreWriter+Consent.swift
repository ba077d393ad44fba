package import PatronModel
internal import SQLite

/// Writes of suppressions, double opt-in requests and settings.
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

  /// Adds a suppression. The address must not be suppressed for this reason yet. If a customer has
  /// the address, write the customer afterwards: its terms depend on suppressions, and watches must
  /// see the change.
  package func insert(_ row: SuppressionRow) throws {
    try transaction.numbers.noteUse(of: store.name, in: transaction.read)
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

  /// Removes the suppression of an address for one reason, under every spelling of a phone number
  /// that it may be stored with.
  package func removeSuppression(
    _ channel: Channel,
    of address: String,
    reason: SuppressionReason
  ) throws {
    for hash in try SuppressionReader(read).hashes(channel, address) {
      try removeSuppression(channel, addressHash: hash, reason: reason)
    }
  }

  /// Removes one suppression by its stored hash.
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

  /// Copies the suppressions of one spelling of a phone number to another.
  package func copySuppressions(ofPhone spelling: String, to phone: String) throws {
    let reader = SuppressionReader(read)
    try transaction.run(
      Self.insertMoved,
      store.name,
      try reader.hash(spelling),
      try reader.hash(phone)
    )
  }

  /// Notes that the store has hashes of former spellings of phone numbers.
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

  /// Adds a double opt-in request.
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

  /// Removes up to 100 double opt-in requests that expired before `oldest`.
  package func forgetConfirmations(before oldest: Int64) throws {
    try transaction.run(Self.forgetConfirmations, store.name, oldest)
  }

  private static let setSettings = Query(
    """
    INSERT INTO store_settings (store_id, body) VALUES (?1, ?2)
    ON CONFLICT (store_id) DO UPDATE SET body = ?2
    """
  )

  /// Writes the encoded settings of the store. `changesLimits` is true if the limits of its calls
  /// are other ones.
  package func setSettings(_ body: [UInt8], changesLimits: Bool = false) throws {
    try transaction.numbers.noteUse(of: store.name, in: transaction.read)
    try transaction.run(Self.setSettings, store.name, body)
    transaction.settings.forget(store.name)
    transaction.changesSettings = true
    if changesLimits { transaction.changesLimits = true }
  }
}
