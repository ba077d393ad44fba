package import PatronModel

/// All API keys, the names bound to them, and the stores, as one snapshot has them.
package struct KeyDirectory: Sendable {
  package let keys: [KeyID: KeyRecord]
  /// The keys of names that connections prove without a key: `URI:…`, `DNS:…`, `UID:…`.
  package let names: [String: KeyID]
  /// The stores that callers may use.
  package let stores: Set<StoreID>
  /// The stores that are being deleted. Only their deletion may go on.
  package let leavingStores: Set<StoreID>
  package let pepper: KeyPepper

  package init(_ transaction: ReadTransaction) throws {
    let reader = KeyReader(transaction)
    keys = Dictionary(try reader.keys().map { ($0.id, $0) }) { first, _ in first }
    names = try reader.names()
    let catalogue = StoreCatalogue(transaction)
    stores = Set(try catalogue.names())
    leavingStores = Set(try catalogue.names(leaving: true))
    pepper = try KeyPepper(transaction)
  }
}
