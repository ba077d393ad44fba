internal import PatronModel
package import PatronStore

/// The upgrade of the filters' terms in a database that older rules wrote.
package enum TermsRebuild {
  /// The number of customers in a transaction.
  private static let batch = 1000

  /// Computes the filters' terms of all customers if the database's terms are of rules before
  /// `version`, the program's; does nothing on a database of this version. Terms of newer rules are
  /// kept as they are. Call it after opening a database and before serving it; it blocks the
  /// calling thread. After an interruption the next call continues. `progress` gets the number of
  /// customers done so far.
  package static func run(
    _ store: Store,
    version: Int64 = CustomerTerms.rulesVersion,
    progress: (Int) -> Void = { _ in }
  ) throws {
    try store.performAndWait { try StoreWriter.useTermRules(version: version, in: $0) }
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
