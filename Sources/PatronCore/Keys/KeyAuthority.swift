package import PatronModel
package import PatronStore

/// The rights of a caller who manages keys and stores.
///
/// A caller of one store manages the keys of that store. Names, stores and keys of every store are
/// matters of the whole database. Nobody gives away a scope that they do not have. The last resort
/// is the server's own user, at the socket in the data directory: that is ``operator``.
package struct KeyAuthority: Sendable, Equatable {
  /// The store of the caller; nil for a caller of every store.
  package let store: StoreID?
  package let scopes: ScopeSet

  /// The rights of the server's own user: every store, and all scopes.
  package static let `operator` = KeyAuthority(store: nil, scopes: .all)

  package init(store: StoreID?, scopes: ScopeSet) {
    self.store = store
    self.scopes = scopes
  }

  /// Throws `EVERY_STORE_NEEDED` for a caller of one store.
  package func requireEveryStore() throws(DomainError) {
    guard store == nil else { throw .everyStoreNeeded }
  }

  /// Throws `EVERY_STORE_NEEDED` if the caller does not manage the keys of `owner`.
  func require(_ owner: KeyOwner) throws(DomainError) {
    guard let store else { return }
    guard owner == .store(store) else { throw .everyStoreNeeded }
  }

  /// Throws `SCOPE_MISSING` if the caller lacks one of the scopes. Scopes of later versions give no
  /// right, so they are not asked for.
  func require(_ scopes: ScopeSet) throws(DomainError) {
    guard let scope = scopes.subtracting(self.scopes).scopes.first else { return }
    throw .scopeMissing(scope)
  }
}
