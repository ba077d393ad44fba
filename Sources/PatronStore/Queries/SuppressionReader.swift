internal import Crypto
package import PatronModel
internal import SQLite

/// Reads of a store's suppressions: the addresses that must not receive messages.
package struct SuppressionReader {
  private let reader: StoreReader

  package init(_ reader: StoreReader) { self.reader = reader }

  private static let pepper = Query("SELECT value FROM secrets WHERE name = 'address_pepper'")
  private static let ofAddress = Query(
    """
    SELECT reason, suppressed_at, source, note FROM suppressions
    WHERE store_id = ?1 AND channel = ?2 AND address_hash = ?3 ORDER BY reason
    """
  )

  private static let behind = Query(
    """
    SELECT channel, address_hash, reason, suppressed_at, source, note FROM suppressions
    WHERE store_id = ?1 AND (channel, address_hash, reason) > (?2, ?3, ?4)
    ORDER BY channel, address_hash, reason
    """
  )

  private static let ofChannel = Query(
    "SELECT 1 FROM suppressions WHERE store_id = ?1 AND channel = ?2 LIMIT 1"
  )
  private static let isSpelled = Query("SELECT 1 FROM spelled_stores WHERE store_id = ?1")

  /// Returns the reasons why an address is suppressed, in the order of their numbers. Empty if it
  /// is not.
  ///
  /// - Parameter address: A phone number in E.164 form, or an e-mail address in its compared form
  ///   (`EmailAddress.key`).
  package func reasons(_ channel: Channel, _ address: String) throws -> [SuppressionReason] {
    try suppressions(channel, of: address).compactMap {
      SuppressionReason(rawValue: Int($0.reason))
    }
  }

  /// Returns the suppressions of an address, in the order of their reasons' numbers. Each reason
  /// occurs once, whatever spelling of a phone number it was stored with. Hashes nothing if the
  /// store has no suppression of the channel.
  package func suppressions(_ channel: Channel, of address: String) throws -> [SuppressionRow] {
    let any = try reader.transaction.first(Self.ofChannel, reader.store.name, channel.rawValue) {
      $0.int64(0)
    }
    guard any != nil else { return [] }
    let hashes = try hashes(channel, address)
    guard hashes.count > 1 else { return try suppressions(channel, hash: hashes[0]) }
    var rows: [SuppressionRow] = []
    for hash in hashes {
      for row in try suppressions(channel, hash: hash)
      where !rows.contains(where: { $0.reason == row.reason }) {
        rows.append(row)
      }
    }
    return rows.sorted { $0.reason < $1.reason }
  }

  /// Returns the suppressions of a hashed address, in the order of their reasons' numbers.
  package func suppressions(_ channel: Channel, hash: [UInt8]) throws -> [SuppressionRow] {
    var rows: [SuppressionRow] = []
    try reader.transaction.forEach(Self.ofAddress, reader.store.name, channel.rawValue, hash) {
      rows.append(
        SuppressionRow(
          channel: channel,
          addressHash: hash,
          reason: $0.int64(0),
          suppressedAt: $0.int64(1),
          source: $0.text(2),
          note: $0.text(3)
        )
      )
    }
    return rows
  }

  /// Visits the suppressions behind a place, in the order of channel, hash and reason, until
  /// `visit` returns false.
  package func suppressions(
    behind channel: Int,
    _ hash: [UInt8],
    _ reason: Int64,
    _ visit: (SuppressionRow) throws -> Bool
  ) throws {
    try reader.transaction.forEachWhile(
      Self.behind,
      reader.store.name,
      channel,
      hash,
      reason
    ) { row in
      guard let channel = Channel(rawValue: Int(row.int64(0))) else {
        throw StoreError.corrupt("a suppression has an unknown channel")
      }
      return try visit(
        SuppressionRow(
          channel: channel,
          addressHash: row.array(1),
          reason: row.int64(2),
          suppressedAt: row.int64(3),
          source: row.text(4),
          note: row.text(5)
        )
      )
    }
  }

  /// Returns the hashes under which an address may be stored: its own first, then those of other
  /// spellings of a phone number.
  package func hashes(_ channel: Channel, _ address: String) throws -> [[UInt8]] {
    var spellings = [address]
    if channel == .sms {
      if let twin = PhoneSpellings.twin(of: address) { spellings.append(twin) }
      let isSpelled = try reader.transaction.first(Self.isSpelled, reader.store.name) { _ in true }
      if isSpelled == true { spellings += PhoneSpellings.former(of: spellings) }
    }
    let key = try self.key()
    return spellings.map { Self.hash(Array($0.utf8), key) }
  }

  /// Returns the hash under which an address is stored: 32 bytes that depend on this database's
  /// key.
  package func hash(_ address: String) throws -> [UInt8] {
    try authenticate(Array(address.utf8))
  }

  /// Returns HMAC-SHA-256 of `bytes` under this database's key.
  package func authenticate(_ bytes: [UInt8]) throws -> [UInt8] {
    Self.hash(bytes, try key())
  }

  private static func hash(_ bytes: [UInt8], _ key: SymmetricKey) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
  }

  /// Returns this database's random key, which never changes.
  private func key() throws -> SymmetricKey {
    if let key = reader.transaction.addressKey { return key }
    guard let pepper = try reader.transaction.first(Self.pepper, row: { $0.array(0) }) else {
      throw StoreError.corrupt("the table of secrets has lost its row `address_pepper`")
    }
    let key = SymmetricKey(data: pepper)
    reader.transaction.addressKey = key
    return key
  }
}
