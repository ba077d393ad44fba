internal import Crypto
package import PatronModel
internal import SQLite

/// The key of the hashes of API keys, a random number that each database makes for itself. Without
/// it nobody can make a hash that the database accepts.
package struct KeyPepper: Sendable {
  private let key: SymmetricKey

  private static let find = Query("SELECT value FROM secrets WHERE name = 'key_pepper'")
  /// A hash that no key has. A look-up that found no key compares with it.
  private static let decoy = [UInt8](repeating: 0, count: SHA256Digest.byteCount)

  /// Reads the key from the database. It never changes.
  package init(_ transaction: ReadTransaction) throws {
    guard let value = try transaction.first(Self.find, row: { $0.array(0) }) else {
      throw StoreError.corrupt("the table of secrets has lost its row `key_pepper`")
    }
    key = SymmetricKey(data: value)
  }

  /// Returns the hash under which a key is stored: 32 bytes.
  package func hash(_ key: APIKey) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: key.bytes, using: self.key))
  }

  /// Returns true if a key has the secret of `record`, or its former one before the end of that. It
  /// takes the same time for every key, also without a record, so it tells nothing about which ids
  /// exist. Revocation and expiry are the caller's to check, for a key that has its secret.
  package func verifies(_ key: APIKey, as record: KeyRecord?, at now: Int64) -> Bool {
    let isCurrent = matches(key, record?.hash)
    let isFormer = matches(key, record?.formerHash)
    let isInTime = record?.formerUntil.map { now < $0 } ?? false
    return isCurrent || (isFormer && isInTime)
  }

  /// Compares in constant time.
  private func matches(_ key: APIKey, _ hash: [UInt8]?) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(
      hash ?? Self.decoy,
      authenticating: key.bytes,
      using: self.key
    )
  }
}
