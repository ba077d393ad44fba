package import PatronModel
package import PatronStore
package import TTRPC

/// The identity of a request's caller and its rights. A connection has one of its own for each
/// caller, so that calls on different threads share no reference count.
package final class Principal: Sendable {
  /// The id of the caller's key; nil for a caller without one.
  package let keyID: KeyID?
  /// The store that the caller may use; nil for every store.
  package let store: StoreID?
  /// The scopes that the caller has in its stores.
  package let scopes: ScopeSet
  /// The state of the caller's key; nil for a caller without one.
  let standing: KeyStanding?
  /// The limits of the caller's key, and those of the store that the call is for; nil for none.
  let account: CallerAccount?
  let storeAccount: CallerAccount?
  /// The server's limits of keys that have none of their own.
  let keyDefaults: CallerLimits

  /// A caller without an identity, with every right: of embedded servers and tests.
  package static let anonymous = Principal()
  /// The operator of the server, on its own socket: every store and every right.
  package static let `operator` = Principal()

  init(
    keyID: KeyID? = nil,
    store: StoreID? = nil,
    scopes: ScopeSet = .all,
    standing: KeyStanding? = nil,
    account: CallerAccount? = nil,
    storeAccount: CallerAccount? = nil,
    keyDefaults: CallerLimits = CallerLimits()
  ) {
    self.keyID = keyID
    self.store = store
    self.scopes = scopes
    self.standing = standing
    self.account = account
    self.storeAccount = storeAccount
    self.keyDefaults = keyDefaults
  }

  /// True if the caller may use every store.
  package var isEveryStore: Bool { store == nil }

  /// The most that a key may have that the caller makes. A caller of one store raises nothing above
  /// the server's defaults and the limits of the store.
  package var keyCeiling: CallerLimits {
    if isEveryStore { return CallerLimits() }
    return keyDefaults.lowered(to: storeAccount?.limits ?? CallerLimits())
  }

  /// Returns the same caller in a store with these limits.
  func entering(_ account: CallerAccount?) -> Principal {
    Principal(
      keyID: keyID,
      store: store,
      scopes: scopes,
      standing: standing,
      account: self.account,
      storeAccount: account,
      keyDefaults: keyDefaults
    )
  }
}

extension Principal: CallOwner {
  /// The error with which open calls end after the key was revoked or has expired.
  package var refusal: RPCError? { standing?.refusal }

  /// Charges an answer to the limits.
  package func answered(_ bytes: Int) {
    account?.charge(bytes: bytes)
    storeAccount?.charge(bytes: bytes)
  }

  /// Gives places of the limits back.
  package func leave(_ places: CallPlaces) {
    account?.leave(places)
    storeAccount?.leave(places)
  }

  /// Charges the further items of a batch, whose first was charged with the call.
  func charge(furtherWrites: Int) {
    account?.charge(writes: furtherWrites)
    storeAccount?.charge(writes: furtherWrites)
  }
}
