internal import PatronModel
package import PatronStore

extension StoreWriter {
  /// Writes of a store that keep the filters' terms by the rules of this version.
  package init(_ transaction: WriteTransaction, of store: StoreID) {
    self.init(transaction, store, CustomerTerms.rules)
  }
}
