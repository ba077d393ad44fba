internal import PatronModel
package import PatronStore

/// The upgrade of a database of an older version, as far as it takes more than SQL.
package enum TermsRebuild {
  /// The number of customers in a transaction.
  private static let batch = 1000

  /// Computes the filters' terms of customers that have none yet; does nothing on a database of
  /// this version. Call it after opening a database and before serving it; it blocks the calling
  /// thread. After an interruption the next call continues. `progress` gets the number of customers
  /// done so far.
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
