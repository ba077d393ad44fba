package import PatronModel
package import PatronStore

extension StoreWriter {
  /// Creates a writer of a store that keeps the filter terms by the rules of this version. `author`
  /// is the author of the changes; upkeep has none.
  package init(_ transaction: WriteTransaction, of store: StoreID, by author: Author = .none) {
    self.init(transaction, store, CustomerTerms.rules, by: author)
  }
}
