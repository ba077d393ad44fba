internal import PatronModel
package import PatronStore

/// The making and the deletion of stores, by a caller's rights. It belongs to a write transaction
/// and to the writer's thread.
package struct StoreChanges {
  /// Maximum number of stores that are made on purpose.
  package static let maxStores = 100_000

  private let transaction: WriteTransaction
  private let stores: StoreCatalogueWriter
  private let authority: KeyAuthority
  /// The time of the change, in microseconds since 1970.
  private let now: Int64

  package init(_ transaction: WriteTransaction, by authority: KeyAuthority, at now: Int64) {
    self.transaction = transaction
    stores = StoreCatalogueWriter(transaction)
    self.authority = authority
    self.now = now
  }

  /// Makes a store, which is empty.
  ///
  /// Refusals: `EVERY_STORE_NEEDED`, `STORE_EXISTS`, `STORE_DELETING`, `STORES_TOO_MANY`.
  package func create(_ id: StoreID) throws -> StoreSummary {
    try authority.requireEveryStore()
    if let known = try stores.read.store(id) {
      throw known.deletedAt == nil ? DomainError.storeExists(id) : .storeDeleting(id)
    }
    guard try stores.read.count() < Self.maxStores else { throw DomainError.storesTooMany }
    try stores.insert(id, at: now)
    transaction.record(.storeCreate, store: id.name, [.store(id.name)])
    return try StoreSummary(
      StoreRecord(id: id, createdAt: now),
      in: transaction.read,
      at: now
    )
  }

  /// Begins the deletion of a store, or goes on with one that was interrupted. Returns the store as
  /// it was, and the deletion, whose steps follow in transactions of their own.
  ///
  /// Refusals: `EVERY_STORE_NEEDED`, `STORE_UNKNOWN`.
  package func beginDeletion(
    of id: StoreID
  ) throws -> (before: StoreSummary, deletion: StoreDeletion) {
    try authority.requireEveryStore()
    guard let record = try stores.read.store(id) else {
      throw try DomainError.storeUnknown(id, in: stores.read)
    }
    let before = try StoreSummary(record, in: transaction.read, at: now)
    if let begun = record.deletedAt {
      return (before, StoreDeletion(store: id, begunAt: begun))
    }
    try stores.beginDeletion(of: id, at: now)
    transaction.record(.storeDelete, store: id.name, [.store(id.name)])
    return (before, StoreDeletion(store: id, begunAt: now))
  }
}
