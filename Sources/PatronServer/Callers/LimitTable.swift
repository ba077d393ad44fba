package import PatronStore
internal import Synchronization
internal import TTRPC

/// The limits of calls: the server's, and those of keys and stores that have their own. Usable on
/// any thread.
package final class LimitTable: Sendable {
  private let latest: @Sendable () -> UInt64
  private let load: @Sendable () throws -> [StoreID: CallerLimits]
  private let state: Mutex<State>

  private struct State {
    /// The limits of keys and of stores that have none of their own.
    var ofKeys: CallerLimits
    var ofStores: CallerLimits
    /// The version of what was read; nil before the first time.
    var version: UInt64?
    /// The limits of stores that have their own.
    var limits: [StoreID: CallerLimits] = [:]
  }

  /// Creates a table.
  ///
  /// - Parameters:
  ///   - version: A number that grows before a change of a store's limits is acknowledged.
  ///   - load: Reads the limits that stores have set.
  package init(
    ofKeys: CallerLimits = CallerLimits(),
    ofStores: CallerLimits = CallerLimits(),
    version: @escaping @Sendable () -> UInt64 = { 0 },
    load: @escaping @Sendable () throws -> [StoreID: CallerLimits] = { [:] }
  ) {
    state = Mutex(State(ofKeys: ofKeys, ofStores: ofStores))
    latest = version
    self.load = load
  }

  /// The limits of keys that have none of their own.
  var ofKeys: CallerLimits { state.withLock { $0.ofKeys } }

  /// Replaces the limits of keys and of stores that have none of their own. Callers that are known
  /// keep the former ones until the versions of keys and limits move.
  func replace(ofKeys: CallerLimits, ofStores: CallerLimits) {
    state.withLock { state in
      state.ofKeys = ofKeys
      state.ofStores = ofStores
    }
  }

  /// A number that changes with the limits of stores.
  var version: UInt64 { latest() }

  /// Returns the limits of a key.
  func limits(of key: KeyRecord) -> CallerLimits {
    CallerLimits(encoded: key.limits).filled(from: ofKeys)
  }

  /// Returns the limits of a store. Reads those of all stores once after each change of one.
  func limits(of store: StoreID) throws(RPCError) -> CallerLimits {
    let version = latest()
    do {
      return try state.withLock { state in
        if state.version != version {
          state.limits = try load()
          state.version = version
        }
        return state.limits[store].map { $0.filled(from: state.ofStores) } ?? state.ofStores
      }
    } catch {
      throw .from(error)
    }
  }
}
