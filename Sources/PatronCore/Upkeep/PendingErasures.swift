internal import PatronModel
package import PatronStore

/// The completion of erasures that a stop of the server interrupted.
package enum PendingErasures {
  /// Erases the rest of the history of erased customers, each step in a transaction of its own.
  /// Call it after opening a database and before serving it: data that is promised to be gone must
  /// be gone before it can be read. Blocks the calling thread.
  ///
  /// An erasure that meets damaged records stays as it is until a later start: `report` gets a line
  /// without personal data, and the other erasures are finished.
  package static func run(_ store: Store, report: (String) -> Void) throws {
    var last = (store: "", id: Int64.min)
    while let next = try next(store, after: last) {
      last = next
      do {
        try finish(next, store)
      } catch StoreError.corrupt(let detail) {
        report(
          "erasure \(next.id) of the store `\(next.store)` cannot be finished, because the "
            + "database is damaged (\(detail)): run `patrond check`"
        )
      }
    }
  }

  private static func next(
    _ store: Store,
    after last: (store: String, id: Int64)
  ) throws -> (store: String, id: Int64)? {
    try store.performAndWait {
      try UnfinishedErasures($0.read).next(after: last.store, last.id)
    }
  }

  private static func finish(_ erasure: (store: String, id: Int64), _ store: Store) throws {
    var rest = try store.performAndWait { transaction in
      guard let store = StoreID(erasure.store) else { throw noReceipt }
      let writer = StoreWriter(transaction, of: store)
      guard let receipt = try writer.read.erasure(id: erasure.id) else { throw noReceipt }
      return try HistoryErasure(store: store, receipt: receipt).step(in: writer)
    }
    while let next = rest {
      rest = try store.performAndWait { try next.step(in: StoreWriter($0, of: next.store)) }
    }
  }

  private static let noReceipt = StoreError.corrupt("its receipt cannot be found")
}
