internal import SQLite

/// Phone numbers that came with e-mail addresses of people other than their owner. Hashes are made
/// by ``SuppressionReader/hash(_:)``; days are counted from 1970.
extension StoreReader {
  private static let any = Query("SELECT 1 FROM shared_phones WHERE store_id = ?1 LIMIT 1")
  private static let latest = Query(
    """
    SELECT day FROM shared_phones WHERE store_id = ?1 AND phone_hash = ?2 AND email_hash <> ?3
    ORDER BY day DESC LIMIT 1 OFFSET ?4
    """
  )
  private static let owners = Query(
    "SELECT DISTINCT owner_id FROM shared_phones WHERE store_id = ?1 ORDER BY owner_id"
  )

  /// Returns true if the store has any shared phone numbers. Most stores have none, and then need
  /// no hashes.
  package func hasSharedPhones() throws -> Bool {
    try transaction.first(Self.any, store.name) { _ in true } ?? false
  }

  /// Returns the latest day since which at least `count` e-mail addresses, not counting the
  /// owner's, came with a phone number. Returns nil if there are fewer.
  package func sharedPhoneDay(
    phoneHash: [UInt8],
    ownEmailHash: [UInt8],
    count: Int
  ) throws -> Int64? {
    try transaction.first(Self.latest, store.name, phoneHash, ownEmailHash, count - 1) {
      $0.int64(0)
    }
  }

  /// Returns the ids under which the owners of shared phone numbers were noted.
  package func sharedPhoneOwners() throws -> [Int64] {
    var ids: [Int64] = []
    try transaction.forEach(Self.owners, store.name) { ids.append($0.int64(0)) }
    return ids
  }
}
