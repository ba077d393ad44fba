internal import PatronModel
package import PatronStore

/// The completion of deletions of stores that a stop of the server interrupted.
package enum PendingDeletions {
  /// The rows in a transaction. Nobody waits for the writer here.
  private static let rowsPerStep = 5_000

  /// Deletes the rest of the stores that are being deleted. Call it after opening a database and
  /// before serving it. Blocks the calling thread.
  ///
  /// A store that meets damage stays as it is until a later start: `report` gets a line, and the
  /// other deletions are completed.
  package static func run(_ store: Store, report: (String) -> Void) throws {
    var last = ""
    while let next = try next(store, after: last) {
      last = next.store.name
      do {
        while try store.performAndWait({ try next.step(in: $0, rows: rowsPerStep) }) {}
      } catch StoreError.corrupt(let detail) {
        report(
          "the deletion of the store `\(last)` cannot be finished, because the database is damaged "
            + "(\(detail)): run `patrond check`"
        )
      }
    }
  }

  private static func next(_ store: Store, after last: String) throws -> StoreDeletion? {
    try store.performAndWait { transaction in
      let stores = StoreCatalogue(transaction.read)
      guard let id = try stores.nextDeletion(after: last),
        let begun = try stores.store(id)?.deletedAt
      else { return nil }
      return StoreDeletion(store: id, begunAt: begun)
    }
  }
}
