import PatronModel
import PatronStore
import Testing

@testable import PatronCore

/// The changes of keys and stores on a database, without services.
struct KeyBench {
  static let shop = StoreID.default
  /// A time at which nothing has expired, in microseconds since 1970.
  static let now: Int64 = 1_800_000_000_000_000
  static let hour: Int64 = 3600 * 1_000_000

  let store: Store

  init(_ shop: Shop) { store = shop.store }

  /// Runs changes of keys in a transaction of their own.
  @discardableResult
  func keys<Result: Sendable>(
    by authority: KeyAuthority = .operator,
    at now: Int64 = now,
    _ body: @escaping @Sendable (KeyChanges) throws -> Result
  ) throws -> Result {
    try store.performAndWait { try body(KeyChanges($0, by: authority, at: now)) }
  }

  /// Runs changes of stores in a transaction of their own.
  @discardableResult
  func stores<Result: Sendable>(
    by authority: KeyAuthority = .operator,
    at now: Int64 = now,
    _ body: @escaping @Sendable (StoreChanges) throws -> Result
  ) throws -> Result {
    try store.performAndWait { try body(StoreChanges($0, by: authority, at: now)) }
  }

  /// Makes stores.
  func make(_ names: StoreID...) throws {
    for name in names { try stores { _ = try $0.create(name) } }
  }

  /// Makes a key.
  func key(
    of owner: KeyOwner = .store(shop),
    _ scopes: [Scope] = [.customersRead],
    until end: Int64? = nil,
    at now: Int64 = now
  ) throws -> IssuedKey {
    try keys(at: now) {
      try $0.create(NewKey(owner: owner, scopes: ScopeSet(scopes), expiresAt: end))
    }
  }

  /// Returns true if a key lets in.
  func accepts(_ key: APIKey, at now: Int64 = now) throws -> Bool {
    let directory = try store.keyDirectory()
    let record = directory.keys[key.id]
    return directory.pepper.verifies(key, as: record, at: now)
      && record?.isValid(at: now) == true
  }
}

extension DomainError {
  /// Returns the reason of the refusal or violation that `body` throws, or nil if it succeeds.
  static func reason(_ body: () throws -> some Any) throws -> String? {
    do {
      _ = try body()
      return nil
    } catch DomainError.refused(let refusal) {
      return refusal.reason
    } catch DomainError.invalid(let violations) {
      return violations.first?.error.reason
    }
  }
}
