internal import PatronModel
package import PatronStore
internal import TTRPC

/// The gate that every call passes before its request is decoded: who calls, with which scopes, and
/// how much. One for all I/O loops of a server; it takes no lock unless a caller is new to a
/// connection, or keys or settings have changed.
package final class Gate: Sendable {
  /// The callers that need no key.
  package enum Mode: Sendable {
    /// Everybody, but not for methods that need the scope `admin`: a key made by a stranger would
    /// outlive the mode. A key that is sent counts and restricts all the same.
    case off
    /// Only an operator on the server's own socket.
    case keys
  }

  let mode: Mode
  /// The keys; nil for a server without any.
  let ring: KeyRing?
  private let limits: LimitTable
  private let uses: KeyUses
  private let failures: AuthenticationFailures?
  private let overruns: LimitRefusals?

  /// A gate without keys and limits, for tests and embedded servers.
  package static let open = Gate()

  private init() {
    mode = .off
    ring = nil
    limits = LimitTable()
    uses = KeyUses()
    failures = nil
    overruns = nil
  }

  package init(
    _ mode: Mode,
    _ ring: KeyRing,
    limits: LimitTable = LimitTable(),
    uses: KeyUses = KeyUses(),
    failures: AuthenticationFailures,
    overruns: LimitRefusals? = nil
  ) {
    self.mode = mode
    self.ring = ring
    self.limits = limits
    self.uses = uses
    self.failures = failures
    self.overruns = overruns
  }

  /// Replaces the server's limits of keys and of stores. They bind a caller when the versions of
  /// keys and limits have moved.
  package func replaceLimits(ofKeys: CallerLimits, ofStores: CallerLimits) {
    limits.replace(ofKeys: ofKeys, ofStores: ofStores)
  }

  /// Admits a call to a method, or throws the status with which it ends. The call's session then
  /// has an owner, with the places that the call holds.
  func admit(
    _ rule: MethodRule,
    bytes: Int,
    _ call: borrowing ServerCall,
    at now: Int64
  ) throws(RPCError) -> CallerSession {
    let session = try authenticate(call, at: now)
    let principal = session.principal
    guard principal.scopes.contains(rule.scope) else {
      failures?.note("SCOPE_MISSING", principal, call.peer, at: now)
      throw principal.keyID == nil
        ? RPCError.keyMissing(for: rule.scope) : .scopeMissing(rule.scope)
    }
    if let account = principal.account {
      call.session.own(principal, holding: try admit(rule, bytes, to: account, principal))
    } else if principal.standing != nil {
      call.session.own(principal)
    }
    return session
  }

  /// Lets a caller of the health service prove who it is: by a key, or by a name that its
  /// connection has proved and that stands for a key. A call without either is as good.
  func greet(_ call: borrowing ServerCall, at now: Int64) throws(RPCError) {
    guard let ring else { return }
    if case .none = call.metadata.match(Self.key) {
      // Health checks come often, and an end of the name's key must not fail them.
      if !call.session.isAuthenticated, try hasValidName(call.peer, ring, now) {
        _ = try authenticate(call, at: now)
      }
      return
    }
    _ = try authenticate(call, at: now)
  }

  /// Returns true if the first name of a peer that stands for a key stands for one that is valid.
  private func hasValidName(
    _ peer: Peer,
    _ ring: KeyRing,
    _ now: Int64
  ) throws(RPCError) -> Bool {
    let names = peer.provenNames
    if names.isEmpty { return false }
    let directory = try ring.current().directory
    for name in names {
      guard let id = directory.names[name], let record = directory.keys[id] else { continue }
      return record.isValid(at: now) && ring.isListed(record.store, directory)
    }
    return false
  }

  /// Returns the store that a request names, with the caller as it is there.
  func enter(
    _ name: String,
    _ session: CallerSession,
    _ rule: MethodRule,
    _ request: (needsStore: Bool, bytes: Int),
    _ call: borrowing ServerCall,
    at now: Int64
  ) throws(RPCError) -> CallerSession.Visit {
    let version = limits.version
    let visit: CallerSession.Visit
    if let known = session.visit(name, limitsVersion: version) {
      visit = known
    } else {
      visit = try begin(name, session, needsStore: request.needsStore, call, at: now)
      // The next call may be of a method that needs the store to exist.
      if request.needsStore { session.keep(visit, limitsVersion: version) }
    }
    if let account = visit.principal.storeAccount {
      let places = try admit(rule, request.bytes, to: account, visit.principal)
      call.session.passOn(to: visit.principal, adding: places)
    }
    return visit
  }

  /// Admits a call to an account, or counts the refusal and throws RESOURCE_EXHAUSTED with the name
  /// of the limit and the time to wait.
  private func admit(
    _ rule: MethodRule,
    _ bytes: Int,
    to account: CallerAccount,
    _ principal: Principal
  ) throws(RPCError) -> CallPlaces {
    do throws(LimitOverrun) {
      return try account.admit(rule, bytes: bytes)
    } catch {
      overruns?.note(error, by: principal.keyID)
      throw .limitExceeded(error)
    }
  }

  // MARK: Callers

  private static let key: StaticString = "authorization"

  private func authenticate(
    _ call: borrowing ServerCall,
    at now: Int64
  ) throws(RPCError) -> CallerSession {
    let cached = call.session.state as? CallerSession
    guard let ring else { return cached ?? keep(CallerSession(Principal(), nil), call) }
    let version = ring.version
    switch call.metadata.match(Self.key) {
    case .none:
      if let cached, cached.version == version, now < cached.validUntil, cached.token.isEmpty {
        return cached
      }
      return keep(try unkeyed(ring, call, now), call)
    case .one(let value):
      if let cached, cached.version == version, now < cached.validUntil,
        value.isEqual(to: cached.token)
      {
        return cached
      }
      return keep(try keyed(value.copy, ring, call, now), call)
    case .several: throw refuse(.malformed, nil, call, now)
    }
  }

  private func keep(_ session: CallerSession, _ call: borrowing ServerCall) -> CallerSession {
    call.session.state = session
    call.session.isAuthenticated = true
    call.session.caller = session.principal.standing == nil ? nil : session.principal
    return session
  }

  /// The scopes of callers without a key, where none is needed.
  private static let strangersScopes = ScopeSet.all.subtracting(ScopeSet([.admin]))

  /// Verifies the caller of a call with a key.
  private func keyed(
    _ token: [UInt8],
    _ ring: KeyRing,
    _ call: borrowing ServerCall,
    _ now: Int64
  ) throws(RPCError) -> CallerSession {
    guard let key = APIKey(bearer: token) else {
      throw refuse(.malformed, nil, call, now)
    }
    let keys = try ring.current()
    let record = keys.directory.keys[key.id]
    // An id that does not exist costs what a wrong secret costs.
    guard keys.directory.pepper.verifies(key, as: record, at: now), let record else {
      throw refuse(.unknown, record, call, now)
    }
    try check(record, ring, keys, call, now)
    let standing = ring.standing(of: record, secret: keys.directory.pepper.hash(key))
    return session(token: token, principal(record, standing, ring), record, keys, now)
  }

  /// Finds the caller of a call without a key: by what the connection has proved, or nobody.
  private func unkeyed(
    _ ring: KeyRing,
    _ call: borrowing ServerCall,
    _ now: Int64
  ) throws(RPCError) -> CallerSession {
    let keys = try ring.current()
    // Before names: one that is bound to the server's own user must not shut the operator out.
    if call.peer.isOperator { return CallerSession(.operator, keys, version: keys.version) }
    for name in call.peer.provenNames {
      guard let id = keys.directory.names[name], let record = keys.directory.keys[id] else {
        continue
      }
      try check(record, ring, keys, call, now)
      let standing = ring.standing(of: record, boundTo: name)
      return session(principal(record, standing, ring), record, keys, now)
    }
    if mode == .off {
      let stranger = Principal(scopes: Self.strangersScopes)
      return CallerSession(stranger, keys, version: keys.version)
    }
    let names = call.peer.provenNames
    failures?.note(
      KeyRefusal.missing.rawValue,
      keyID: nil,
      store: nil,
      call.peer.hostText,
      unbound: names.first,
      at: now
    )
    throw KeyRefusal.unbound(names)
  }

  /// Checks that a key that the caller has may be used.
  private func check(
    _ record: KeyRecord,
    _ ring: KeyRing,
    _ keys: KeyRing.Keys,
    _ call: borrowing ServerCall,
    _ now: Int64
  ) throws(RPCError) {
    if record.revokedAt != nil || !ring.isListed(record.store, keys.directory) {
      throw refuse(.revoked, record, call, now)
    }
    if record.isExpired(at: now) { throw refuse(.expired, record, call, now) }
  }

  private func principal(
    _ record: KeyRecord,
    _ standing: KeyStanding,
    _ ring: KeyRing
  ) -> Principal {
    let own = limits.limits(of: record)
    let account =
      own.isEmpty
      ? nil
      : CallerAccount(subject: .key(record.id), limits: own, usage: ring.usage(of: record.id))
    return Principal(
      keyID: record.id,
      store: record.store,
      scopes: record.scopes,
      standing: standing,
      account: account,
      keyDefaults: limits.ofKeys
    )
  }

  /// Makes the session of a verified caller, and notes the use of its key. It is verified again
  /// when the key or its former secret ends, and in the next hour, to note that use too.
  private func session(
    token: [UInt8] = [],
    _ principal: Principal,
    _ record: KeyRecord,
    _ keys: KeyRing.Keys,
    _ now: Int64
  ) -> CallerSession {
    let hour = KeyUses.hour(of: now)
    uses.note(record.id, inHour: hour)
    var validUntil = min(hour + KeyUses.hour, record.expiresAt ?? .max)
    if let formerUntil = record.formerUntil, formerUntil > now {
      validUntil = min(validUntil, formerUntil)
    }
    return CallerSession(
      token: token,
      principal,
      keys,
      version: keys.version,
      validUntil: validUntil
    )
  }

  /// Counts a refusal. A key is named only if it exists.
  private func refuse(
    _ refusal: KeyRefusal,
    _ record: KeyRecord?,
    _ call: borrowing ServerCall,
    _ now: Int64
  ) -> RPCError {
    failures?.note(
      refusal.rawValue,
      keyID: record?.id,
      store: record?.store?.name,
      call.peer.hostText,
      at: now
    )
    return refusal.status
  }

  // MARK: Stores

  private func begin(
    _ name: String,
    _ session: CallerSession,
    needsStore: Bool,
    _ call: borrowing ServerCall,
    at now: Int64
  ) throws(RPCError) -> CallerSession.Visit {
    let store = try store(named: name, session, needsStore: needsStore, call, at: now)
    let account = try account(of: store)
    let principal = account == nil ? session.principal : session.principal.entering(account)
    return CallerSession.Visit(name: name, store: store, principal: principal)
  }

  private func store(
    named name: String,
    _ session: CallerSession,
    needsStore: Bool,
    _ call: borrowing ServerCall,
    at now: Int64
  ) throws(RPCError) -> StoreID {
    if let own = session.principal.store {
      if name.isEmpty || name == own.name { return own }
      // Also for a malformed name, which would otherwise tell names apart.
      failures?.note("STORE_NOT_YOURS", session.principal, call.peer, at: now)
      throw .storeNotYours
    }
    let store = try StoreID.named(name)
    guard mode == .keys, needsStore, let keys = session.keys else { return store }
    let stores = keys.directory.stores
    guard stores.contains(store) else {
      throw .storeUnknown(store, isNamed: !name.isEmpty, among: stores)
    }
    return store
  }

  private func account(of store: StoreID) throws(RPCError) -> CallerAccount? {
    guard let ring else { return nil }
    let limits = try limits.limits(of: store)
    guard !limits.isEmpty else { return nil }
    return CallerAccount(subject: .store(store), limits: limits, usage: ring.usage(of: store))
  }
}

extension APIKey {
  /// The scheme of the metadata, in any case, and the space behind it.
  private static let scheme = Array("bearer ".utf8)

  /// Reads the value of the metadata `authorization`. Returns nil if it is no key.
  init?(bearer value: [UInt8]) {
    guard value.count == Self.scheme.count + Self.textLength,
      zip(value, Self.scheme).allSatisfy({ $0 | 0x20 == $1 })
    else { return nil }
    self.init(parsing: Array(value[Self.scheme.count...]).span.bytes)
  }
}

extension Peer {
  /// The names that the connection has proved without a key, in the order in which bindings count,
  /// and as a ``KeyName`` has them: host names in lower case.
  var provenNames: [String] {
    let names = certificateNames.map {
      $0.hasPrefix("DNS:") ? "DNS:" + $0.dropFirst(4).lowercased() : $0
    }
    if let uid = credentials?.uid { return names + ["UID:\(uid)"] }
    return names
  }
}
