internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// The upgrade of orders that an older version wrote. The server's time of the last change has a
/// field of its own, and statistics leave out unpaid amounts. Parts that waited too long for their
/// order are removed, too.
package enum OrderRebuild {
  /// The number of customers in a transaction.
  private static let batch = 500

  /// Upgrades the orders. Call it after opening a database and before serving it; it blocks the
  /// calling thread. After an interruption the next call continues. `progress` gets the number of
  /// customers done so far.
  package static func run(
    _ store: Store,
    clock: WallClock,
    progress: (Int) -> Void = { _ in }
  ) throws {
    let oldest = clock.now() - WaitingParts.longest
    var done = 0
    while true {
      let count = try store.performAndWait { transaction in
        try StoreWriter.forgetPendingParts(before: oldest, in: transaction)
        return try StoreWriter.rebuildOrders(
          atMost: batch,
          CustomerTerms.rules,
          in: transaction,
          rebuild
        )
      }
      guard count > 0 else { return }
      done += count
      progress(done)
    }
  }

  /// Upgrades the orders and statistics of a customer. Orders of erased customers stay without
  /// statistics.
  private static func rebuild(_ writer: StoreWriter, of customerID: Int64) throws {
    var contributions: [OrderContribution] = []
    for row in try writer.read.orders(of: customerID) {
      let order = try Order(known: row.body)
      contributions.append(try OrderContribution(of: OrderSnapshot(stored: order)))
      var current = row
      current.body = try order.encoded()
      if current.body != row.body { try writer.update(current, replacing: row) }
    }
    guard let row = try writer.read.customerRow(.id(customerID)), row.id == customerID else {
      return
    }
    var stats = try CustomerStats(row.stats)
    stats.set(try CustomerOrderStatistics(of: contributions))
    let encoded = try stats.encoded()
    if encoded != row.stats {
      try writer.setStats(encoded, terms: .known(stats.terms), of: customerID)
    }
  }
}
