internal import PatronModel
package import PatronStore

/// Brings a database that an older version wrote up to this one, where that takes more than SQL.
package enum TermsRebuild {
  /// Customers of one transaction.
  private static let batch = 1000

  /// Makes the filters' terms of customers that have none yet; does nothing on a database of this
  /// version. Call it after opening a store and before serving it. When it is interrupted, the next
  /// call goes on where it was. `progress` is told the customers done so far.
  package static func run(_ store: Store, progress: (Int) -> Void = { _ in }) throws {
    var done = 0
    while true {
      let count = try store.performAndWait {
        try StoreWriter.rebuildTerms(atMost: batch, CustomerTerms.rules, in: $0)
      }
      guard count > 0 else { return }
      done += count
      progress(done)
    }
  }
}
