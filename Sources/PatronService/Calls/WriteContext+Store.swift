internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronServer
internal import PatronStore

extension WriteContext {
  /// Writes of a store.
  func store(_ store: StoreID) -> StoreWriter {
    StoreWriter(transaction, of: store)
  }
}
