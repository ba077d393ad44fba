import PatronModel
import PatronStore
import Testing

@testable import PatronCore

/// Tests of the rows about keys and stores.
struct AuditKeyTests {
  private static let now: Int64 = 1_700_000_000_000_000

  @Test func everyChangeHasARow() async throws {
    try await Shop.open { shop in
      let (shopID, name) = (try #require(StoreID("shop")), try KeyName("URI:spiffe://shop/agent"))
      var ids: [String] = []
      try await shop.write { transaction in
        let stores = StoreChanges(transaction, by: .operator, at: Self.now)
        _ = try stores.create(shopID)
      }
      // Each change is a call of its own.
      func change(_ body: @escaping @Sendable (KeyChanges) throws -> Void) async throws {
        try await shop.write { try body(KeyChanges($0, by: .operator, at: Self.now)) }
      }
      try await change { keys in
        _ = try keys.create(
          NewKey(owner: .store(shopID), scopes: ScopeSet([.customersRead, .export]))
        )
      }
      try await change { keys in
        _ = try keys.create(NewKey(owner: .everyStore, scopes: ScopeSet([.admin])))
      }
      for row in try shop.audit() where row.action == "key.create" {
        let key = try #require(row.targets.split(separator: " ").first)
        ids.append(String(key.dropFirst(4)))
      }
      let (one, all) = (try #require(KeyID(ids[0])), try #require(KeyID(ids[1])))
      try await change { _ = try $0.rotate(one, in: nil) }
      try await change { _ = try $0.revoke(one, in: nil, formerSecretOnly: true) }
      try await change { _ = try $0.bind(name, to: one, in: nil) }
      try await change { _ = try $0.bind(name, to: one, in: nil) }
      try await change { _ = try $0.bind(name, to: all, in: nil, moves: true) }
      try await change { _ = try $0.unbind(name) }
      try await change { _ = try $0.unbind(name) }
      try await change { _ = try $0.revoke(one, in: nil) }
      try await change { _ = try $0.revoke(one, in: nil) }
      try await shop.write { transaction in
        let stores = StoreChanges(transaction, by: .operator, at: Self.now)
        let deletion = try stores.beginDeletion(of: shopID).deletion
        while try deletion.step(in: transaction) {}
      }
      #expect(
        try shop.audited() == [
          "store.create store:shop",
          "key.create key:\(one) scope:customers:read scope:export",
          "key.create key:\(all) scope:admin", "key.rotate key:\(one)",
          "key.revoke key:\(one) secret:former", "key.bind key:\(one) name:\(name.value)",
          "key.bind key:\(all) name:\(name.value) key:\(one)",
          "key.unbind key:\(all) name:\(name.value)", "key.revoke key:\(one)",
          "store.delete store:shop",
        ]
      )
      let stores = try shop.audit().map(\.store)
      #expect(stores == ["shop", "shop", "*", "shop", "shop", "shop", "*", "*", "shop", "shop"])
    }
  }

  @Test func refusalsHaveNone() async throws {
    try await Shop.open { shop in
      let store = try #require(StoreID("shop"))
      let narrow = KeyAuthority(store: store, scopes: ScopeSet([.admin]))
      await #expect(throws: DomainError.self) {
        try await shop.write { transaction in
          let keys = KeyChanges(transaction, by: narrow, at: Self.now)
          _ = try keys.create(NewKey(owner: .everyStore, scopes: ScopeSet([.admin])))
        }
      }
      await #expect(throws: DomainError.self) {
        try await shop.write { transaction in
          _ = try StoreChanges(transaction, by: narrow, at: Self.now).create(store)
        }
      }
      #expect(try shop.audited().isEmpty)
    }
  }
}
