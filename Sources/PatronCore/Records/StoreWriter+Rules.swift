internal import PatronModel
package import PatronStore

extension StoreWriter {
  /// Creates a writer of a store that keeps the filter terms by the rules of this version.
  package init(_ transaction: WriteTransaction, of store: StoreID) {
    self.init(transaction, store, CustomerTerms.rules)
  }
}
