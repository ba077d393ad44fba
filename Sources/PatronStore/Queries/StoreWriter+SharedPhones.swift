internal import SQLite

extension StoreWriter {
  private static let known = Query(
    """
    SELECT day FROM shared_phones WHERE store_id = ?1 AND phone_hash = ?2 AND email_hash = ?3
    """
  )
  private static let put = Query(
    """
    INSERT INTO shared_phones (store_id, phone_hash, email_hash, day, owner_id)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (store_id, phone_hash, email_hash) DO UPDATE SET day = ?4, owner_id = ?5
    """
  )
  private static let forgetOld = Query(
    "DELETE FROM shared_phones WHERE store_id = ?1 AND phone_hash = ?2 AND day < ?3"
  )
  private static let forgetMany = Query(
    """
    DELETE FROM shared_phones WHERE store_id = ?1 AND phone_hash = ?2 AND email_hash IN (
      SELECT email_hash FROM shared_phones WHERE store_id = ?1 AND phone_hash = ?2
      ORDER BY day DESC, email_hash LIMIT -1 OFFSET ?3)
    """
  )
  private static let forget = Query(
    "DELETE FROM shared_phones WHERE store_id = ?1 AND phone_hash = ?2"
  )
  private static let forgetEmail = Query(
    "DELETE FROM shared_phones WHERE store_id = ?1 AND email_hash = ?2"
  )
  private static let ownersBeside = Query(
    "SELECT DISTINCT owner_id FROM shared_phones WHERE store_id = ?1 AND email_hash = ?2"
  )

  /// Notes that an e-mail address came with another customer's phone number on a day. Returns false
  /// if that is known already. Keeps the latest `limit` addresses of a number, and none from before
  /// `oldest`. The caller writes the owner's terms afterwards.
  package func noteSharedPhone(
    phoneHash: [UInt8],
    emailHash: [UInt8],
    day: Int64,
    ownerID: Int64,
    keeping limit: Int,
    notBefore oldest: Int64
  ) throws -> Bool {
    let known = try transaction.first(Self.known, store.name, phoneHash, emailHash) {
      $0.int64(0)
    }
    guard day >= oldest, known ?? .min < day else { return false }
    try transaction.run(Self.put, store.name, phoneHash, emailHash, day, ownerID)
    try transaction.run(Self.forgetOld, store.name, phoneHash, oldest)
    try transaction.run(Self.forgetMany, store.name, phoneHash, limit)
    return true
  }

  /// Removes the e-mail addresses that came with a phone number.
  package func forgetSharedPhone(phoneHash: [UInt8]) throws {
    try transaction.run(Self.forget, store.name, phoneHash)
  }

  /// Removes an e-mail address from all phone numbers that it came with. Returns the owners of
  /// those numbers; the caller writes their terms afterwards.
  package func forgetSharedPhones(emailHash: [UInt8]) throws -> [Int64] {
    var owners: [Int64] = []
    try transaction.forEach(Self.ownersBeside, store.name, emailHash) { owners.append($0.int64(0)) }
    if !owners.isEmpty { try transaction.run(Self.forgetEmail, store.name, emailHash) }
    return owners
  }
}
