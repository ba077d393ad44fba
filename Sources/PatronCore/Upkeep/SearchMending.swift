package import PatronStore

/// Makes a search index again that was marked when its database was opened.
package enum SearchMending {
  /// Customers of one transaction.
  private static let batch = 2000

  /// Call it after opening a store and before serving it; does nothing on an index that is whole.
  /// When it is interrupted, the next call goes on where it was. `progress` is told the customers
  /// done so far. An index that cannot be made again is left: searches read every record then.
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
