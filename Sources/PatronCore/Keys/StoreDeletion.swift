package import PatronStore

/// The deletion of a store that has begun: nothing else may be written to the store any more.
///
/// A step takes up to 500 rows, some milliseconds, so that other stores write in between. It begins
/// with whatever is left, so a deletion that was interrupted is simply done again.
package struct StoreDeletion: Sendable, Equatable {
  package let store: StoreID
  /// The time at which the deletion began. It tells a later store of the same name apart.
  package let begunAt: Int64

  package init(store: StoreID, begunAt: Int64) {
    self.store = store
    self.begunAt = begunAt
  }

  /// Deletes one part of the store. Returns false when nothing is left: the store is gone then.
  package func step(in transaction: WriteTransaction, rows: Int = 500) throws -> Bool {
    let stores = StoreCatalogueWriter(transaction)
    guard try stores.read.store(store)?.deletedAt == begunAt else { return false }
    if try stores.deletePiece(of: store, rows: rows) { return true }
    try stores.finishDeletion(of: store)
    return false
  }
}
