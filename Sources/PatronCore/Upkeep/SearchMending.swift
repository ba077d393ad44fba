package import PatronStore

/// The rebuild of a search index that was marked when its database was opened.
package enum SearchMending {
  /// The number of customers in a transaction.
  private static let batch = 2000

  /// Rebuilds the index; does nothing on an index that is whole. Call it after opening a database
  /// and before serving it; it blocks the calling thread. After an interruption the next call
  /// continues. `progress` gets the number of customers done so far. An index that cannot be
  /// rebuilt is left: searches read every record then.
  package static func run(
    _ store: Store,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    while let count = try store.performAndWait({
      try SearchRebuild.step($0, customers: batch)
    }) {
      try progress(count)
    }
  }
}
