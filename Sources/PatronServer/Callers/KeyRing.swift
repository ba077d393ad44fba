internal import PatronModel
package import PatronStore
internal import Synchronization
internal import TTRPC

/// The keys, names and stores of a database, in memory. Usable on any thread.
///
/// A reading is immutable and has a version. The first who finds that the database has a later one
/// reads again: a call, or the tick of an I/O loop. So a change binds from the moment
/// at which it is acknowledged, and ends open calls at the next tick.
package final class KeyRing: Sendable {
  /// The keys, names and stores of one version.
  final class Keys: Sendable {
    let version: UInt64
    let directory: KeyDirectory

    init(version: UInt64, directory: KeyDirectory) {
      self.version = version
      self.directory = directory
    }
  }

  private struct State: Sendable {
    var keys: Keys?
    /// The rights that connections use or have used, by secret and by bound name.
    var standings: [Secret: Used] = [:]
    var names: [String: (id: KeyID, used: Used)] = [:]
    /// The use of limits, by key and store. Kept while the process runs, so that a change of a
    /// limit or of a key does not forget open calls.
    var keyUsages: [KeyID: CallerUsage] = [:]
    var storeUsages: [StoreID: CallerUsage] = [:]
  }

  /// One of the two secrets that a key has during a rotation, by the hash in its record.
  private struct Secret: Hashable, Sendable {
    let key: KeyID
    let hash: [UInt8]
  }

  /// A right in use, with what it depends on.
  private struct Used: Sendable {
    let standing = KeyStanding()
    /// The hash of the secret that proved it; nil for a bound name.
    let hash: [UInt8]?
    let store: StoreID?
    let scopes: ScopeSet
    /// The time at which it ends by itself, in microseconds since 1970; `.max` for never.
    var endsAt: Int64

    /// Creates the right that `record` gives, which is none if that has another secret.
    init(_ record: KeyRecord, _ hash: [UInt8]?) {
      self.hash = hash
      store = record.store
      scopes = record.scopes
      endsAt = Self.end(of: hash, record) ?? 0
    }

    /// Returns the end of a right as `record` has it, or nil if it gives the right no more.
    func end(in record: KeyRecord) -> Int64? { Self.end(of: hash, record) }

    private static func end(of hash: [UInt8]?, _ record: KeyRecord) -> Int64? {
      let end = record.expiresAt ?? .max
      guard let hash, hash != record.hash else { return end }
      guard hash == record.formerHash, let until = record.formerUntil else { return nil }
      return min(end, until)
    }
  }

  private let load: @Sendable () throws -> KeyDirectory
  private let latest: @Sendable () -> UInt64
  /// True if a key of a store that does not exist is void.
  private let needsStores: Bool
  private let state = Mutex(State())
  private let endingCount = Atomic<UInt64>(0)
  /// A lower bound of the times at which rights in use end.
  private let nextExpiry = Atomic<Int64>(.max)

  /// Creates a ring.
  ///
  /// - Parameters:
  ///   - version: A number that grows before a change of keys is acknowledged.
  ///   - load: Reads the keys. What it returns has every change that `version` counted before.
  ///   - needsStores: True if stores are made on purpose, so that keys of others are void.
  package init(
    needsStores: Bool,
    version: @escaping @Sendable () -> UInt64,
    load: @escaping @Sendable () throws -> KeyDirectory
  ) {
    self.needsStores = needsStores
    latest = version
    self.load = load
  }

  /// Creates the ring of a database.
  package convenience init(of store: Store, needsStores: Bool) {
    self.init(needsStores: needsStores) {
      store.keysVersion
    } load: {
      try store.keyDirectory()
    }
  }

  /// The version of the keys that callers must be compared with.
  var version: UInt64 { latest() }

  /// Returns the latest keys. Reads them if they have changed.
  func current() throws(RPCError) -> Keys {
    // Read before the keys: a change in between costs another reading, and is not missed.
    let version = latest()
    do {
      return try state.withLock { state in
        if let keys = state.keys, keys.version >= version { return keys }
        let keys = Keys(version: version, directory: try load())
        state.keys = keys
        endRights(&state, keys.directory)
        return keys
      }
    } catch {
      throw .from(error)
    }
  }

  /// Returns the right of a key by the secret with this hash, the same for all connections. If the
  /// keys have changed since `record` was read, and do not give the right any more, it has ended.
  func standing(of record: KeyRecord, secret hash: [UInt8]) -> KeyStanding {
    state.withLock { state in
      let secret = Secret(key: record.id, hash: hash)
      if let used = state.standings[secret] { return used.standing }
      let used = use(record, hash)
      guard isGiven(used, to: record.id, state) else {
        return ended(used, loss(of: used, state.keys?.directory.keys[record.id]))
      }
      state.standings[secret] = used
      return used.standing
    }
  }

  /// Returns the right of a name that is bound to a key. It may have ended, as that of a key.
  func standing(of record: KeyRecord, boundTo name: String) -> KeyStanding {
    state.withLock { state in
      if let known = state.names[name], known.id == record.id { return known.used.standing }
      let used = use(record, nil)
      if let directory = state.keys?.directory, !isBound(name, to: record.id, directory) {
        return ended(used, .unbound)
      }
      guard isGiven(used, to: record.id, state) else { return ended(used) }
      state.names[name] = (record.id, used)
      return used.standing
    }
  }

  /// Returns the use that a key makes of its limits.
  func usage(of key: KeyID) -> CallerUsage {
    state.withLock { state in
      if let usage = state.keyUsages[key] { return usage }
      let usage = CallerUsage()
      state.keyUsages[key] = usage
      return usage
    }
  }

  /// The stores whose use of limits is known at once.
  private static let maxStores = 10_000

  /// Returns the use that a store makes of its limits.
  func usage(of store: StoreID) -> CallerUsage {
    state.withLock { state in
      if let usage = state.storeUsages[store] { return usage }
      // Callers choose the names of stores that are not made on purpose.
      if state.storeUsages.count >= Self.maxStores { state.storeUsages.removeAll() }
      let usage = CallerUsage()
      state.storeUsages[store] = usage
      return usage
    }
  }

  // MARK: The end of rights

  /// The number of rights that have ended.
  var endings: UInt64 { endingCount.load(ordering: .acquiring) }

  /// Ends the rights that have changed or expired. Costs two loads if there is nothing to do.
  func tick(at now: Int64) {
    if state.withLock({ $0.keys.map { $0.version < latest() } ?? false }) {
      // If the database cannot be read, calls fail, and the next tick tries again.
      _ = try? current()
    }
    guard nextExpiry.load(ordering: .relaxed) <= now else { return }
    state.withLock { state in
      let all = Array(state.standings.values) + state.names.values.map(\.used)
      var next = Int64.max
      for used in all {
        if used.endsAt <= now { end(used, .expired) } else { next = min(next, used.endsAt) }
      }
      nextExpiry.store(next, ordering: .relaxed)
    }
  }

  private func use(_ record: KeyRecord, _ hash: [UInt8]?) -> Used {
    let used = Used(record, hash)
    expect(end: used.endsAt)
    return used
  }

  /// Lets a tick look for rights that have ended at `time`. Called with the lock held.
  private func expect(end time: Int64) {
    nextExpiry.store(min(time, nextExpiry.load(ordering: .relaxed)), ordering: .relaxed)
  }

  /// Returns true if the latest keys that were read give a right. Another thread may have read them
  /// after the caller's.
  private func isGiven(_ used: Used, to key: KeyID, _ state: State) -> Bool {
    guard let directory = state.keys?.directory else { return false }
    return isValid(used, directory.keys[key], directory)
  }

  /// Ends a right before it is used: no later change of keys would end it.
  private func ended(_ used: Used, _ reason: KeyStanding.End = .revoked) -> KeyStanding {
    end(used, reason)
    return used.standing
  }

  /// Returns the reason why a record does not give a right any more.
  private func loss(of used: Used, _ record: KeyRecord?) -> KeyStanding.End {
    guard let record, record.revokedAt == nil, used.end(in: record) == nil else { return .revoked }
    return .rotated
  }

  /// Ends the rights that the keys do not give any more, and notes new ends of the others.
  private func endRights(_ state: inout State, _ directory: KeyDirectory) {
    for (secret, used) in state.standings {
      state.standings[secret] = renewed(used, directory.keys[secret.key], directory)
    }
    for (name, known) in state.names {
      if !isBound(name, to: known.id, directory) { end(known.used, .unbound) }
      let record = directory.keys[known.id]
      state.names[name] = renewed(known.used, record, directory).map { (known.id, $0) }
    }
    for id in state.keyUsages.keys where directory.keys[id] == nil { state.keyUsages[id] = nil }
  }

  /// Returns true unless a name was taken from a key that exists. A key that was removed took its
  /// names with it.
  private func isBound(_ name: String, to id: KeyID, _ directory: KeyDirectory) -> Bool {
    directory.names[name] == id || directory.keys[id] == nil
  }

  /// Returns a right as the keys give it now, or nil after its end.
  private func renewed(_ used: Used, _ record: KeyRecord?, _ directory: KeyDirectory) -> Used? {
    if used.standing.hasEnded { return nil }
    guard let record, let time = used.end(in: record), isValid(used, record, directory) else {
      end(used, loss(of: used, record))
      return nil
    }
    var used = used
    used.endsAt = time
    expect(end: time)
    return used
  }

  private func isValid(_ used: Used, _ record: KeyRecord?, _ directory: KeyDirectory) -> Bool {
    guard let record, record.revokedAt == nil, record.store == used.store,
      record.scopes == used.scopes, used.end(in: record) != nil
    else { return false }
    return isListed(record.store, directory)
  }

  /// Returns true unless a key is for a store that does not exist.
  func isListed(_ store: StoreID?, _ directory: KeyDirectory) -> Bool {
    guard needsStores, let store else { return true }
    return directory.stores.contains(store)
  }

  private func end(_ used: Used, _ reason: KeyStanding.End) {
    if used.standing.end(reason) { endingCount.add(1, ordering: .releasing) }
  }
}
