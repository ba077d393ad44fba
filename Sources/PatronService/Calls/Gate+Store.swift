internal import PatronCore
internal import PatronProto
package import PatronServer
package import PatronStore

extension Gate {
  /// Creates the gate of a database that is served.
  ///
  /// - Parameters:
  ///   - mode: The callers that need no key.
  ///   - ofKeys: The limits of each key.
  ///   - ofStores: The limits of stores whose settings have none.
  ///   - uses: The uses of keys, which the upkeep of the database writes.
  ///   - overruns: The counts of calls beyond limits; nil for a server without limits.
  package convenience init(
    _ mode: Mode,
    of store: Store,
    ofKeys: CallerLimits = CallerLimits(),
    ofStores: CallerLimits = CallerLimits(),
    uses: KeyUses = KeyUses(),
    failures: AuthenticationFailures,
    overruns: LimitRefusals? = nil
  ) {
    let limits = LimitTable(ofKeys: ofKeys, ofStores: ofStores) {
      store.limitsVersion
    } load: {
      var all: [StoreID: CallerLimits] = [:]
      try store.read { transaction in
        try AllSettings(transaction).forEach { id, body in
          let limits = CallerLimits(try StoreSettings(stored: body).limits)
          if !limits.isEmpty { all[id] = limits }
        }
      }
      return all
    }
    self.init(
      mode,
      KeyRing(of: store, needsStores: mode == .keys),
      limits: limits,
      uses: uses,
      failures: failures,
      overruns: overruns
    )
  }

  /// Replaces the server's limits of keys and of stores, from the next call of each caller on.
  package func replaceLimits(
    ofKeys: CallerLimits,
    ofStores: CallerLimits,
    in store: Store
  ) {
    replaceLimits(ofKeys: ofKeys, ofStores: ofStores)
    store.renewCallers()
  }
}
