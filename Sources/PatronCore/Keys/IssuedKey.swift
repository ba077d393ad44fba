package import PatronModel
package import PatronStore

/// A key with its secret: the only time that the server knows it.
package struct IssuedKey: Sendable {
  package let record: KeyRecord
  /// The key for its holder. Neither log nor store it.
  package let key: APIKey
}
