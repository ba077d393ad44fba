import PatronModel
import PatronStore
import Testing

@testable import PatronCore

/// Tests of the rules of keys.
struct KeyChangeTests {
  private let now = KeyBench.now
  private let hour = KeyBench.hour

  /// The rights of a caller of the default store.
  private func caller(_ scopes: Scope...) -> KeyAuthority {
    KeyAuthority(store: .default, scopes: ScopeSet(scopes))
  }

  @Test func aNewKeyLetsInUntilItsEnd() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      let version = shop.store.keysVersion
      let end = now + hour
      let made = try bench.keys {
        try $0.create(
          NewKey(
            owner: .store(.default),
            scopes: ScopeSet([.customersRead, .watch]),
            description: "till",
            expiresAt: end,
            limits: [8, 1]
          )
        )
      }
      #expect(shop.store.keysVersion > version)
      let record = made.record
      #expect(record.id == made.key.id && record.store == .default)
      #expect(record.scopes.scopes == [.customersRead, .watch] && record.description == "till")
      #expect(record.createdAt == now && record.expiresAt == end && record.limits == [8, 1])
      #expect(try shop.store.keyDirectory().keys == [record.id: record])
      #expect(try bench.accepts(made.key))
      #expect(try bench.accepts(made.key, at: end - 1))
      #expect(try bench.accepts(made.key, at: end) == false)
      #expect(try bench.accepts(.random(for: made.key.id)) == false)
    }
  }

  @Test func keysOfUnknownStoresAreRefused() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      let names = ["berlin", "leaving"].compactMap { StoreID($0) }
      for name in names { try bench.make(name) }
      try bench.stores { _ = try $0.beginDeletion(of: names[1]) }
      for (name, reason) in [("berlim", "STORE_UNKNOWN"), ("leaving", "STORE_DELETING")] {
        let owner = KeyOwner(StoreID(name))
        #expect(try DomainError.reason { try bench.key(of: owner) } == reason)
      }
      do {
        _ = try bench.key(of: KeyOwner(StoreID("berlim")))
      } catch DomainError.refused(let refusal) {
        #expect(refusal.metadata == ["nearest": "berlin"] && refusal.message.contains("`berlin`"))
      }
    }
  }

  /// A caller of one store makes keys of that store only, with scopes of its own only.
  @Test func nobodyGivesAwayRightsThatTheyLack() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      let other = try #require(StoreID("other"))
      try bench.make(.default, other)
      let caller = caller(.admin, .watch)
      func reason(_ owner: KeyOwner, _ scopes: Scope...) throws -> String? {
        let new = NewKey(owner: owner, scopes: ScopeSet(scopes))
        return try DomainError.reason { try bench.keys(by: caller) { try $0.create(new) } }
      }
      #expect(try reason(.store(.default), .watch) == nil)
      #expect(try reason(.store(.default), .watch, .admin) == nil)
      #expect(try reason(.store(.default), .watch, .export) == "SCOPE_MISSING")
      #expect(try reason(.store(other), .watch) == "EVERY_STORE_NEEDED")
      #expect(try reason(.everyStore, .watch) == "EVERY_STORE_NEEDED")
      // The rights of a key that is there count as well.
      let strong = try bench.key(Scope.allCases).record.id
      let everywhere = try bench.key(of: .everyStore).record.id
      let others = try bench.key(of: .store(other)).record.id
      for (id, expected) in [
        (strong, "SCOPE_MISSING"), (everywhere, "EVERY_STORE_NEEDED"), (others, "KEY_NOT_FOUND"),
        (APIKey.random().id, "KEY_NOT_FOUND"),
      ] {
        let found = try DomainError.reason {
          try bench.keys(by: caller) { try $0.rotate(id, in: nil) }
        }
        #expect(found == expected)
      }
      // A right may be taken away.
      let revoked = try bench.keys(by: caller) { try $0.revoke(strong, in: nil).isChanged }
      #expect(revoked)
      #expect(
        try DomainError.reason {
          try bench.keys(by: caller) { try $0.revoke(others, in: nil).isChanged }
        }
          == "KEY_NOT_FOUND"
      )
      // A caller of every store finds a key in any store, but not in a wrong one.
      #expect(
        try DomainError.reason { try bench.keys { try $0.rotate(others, in: .default) } }
          == "KEY_NOT_FOUND"
      )
      #expect(try DomainError.reason { try bench.keys { try $0.rotate(others, in: other) } } == nil)
      #expect(try DomainError.reason { try bench.keys { try $0.rotate(others, in: nil) } } == nil)
      #expect(
        try DomainError.reason { try bench.keys { try $0.rotate(everywhere, in: nil) } } == nil
      )
    }
  }

  @Test func aFormerSecretIsValidForTheOverlap() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      let first = try bench.key()
      let id = first.record.id
      try bench.keys { try $0.bind(KeyName("UID:7"), to: id, in: nil).isChanged }
      let second = try bench.keys { try $0.rotate(id, in: nil) }
      #expect(second.key.id == id && second.record.createdAt == first.record.createdAt)
      let day = 24 * hour
      #expect(second.record.formerUntil == now + day)
      #expect(try bench.accepts(second.key))
      #expect(try bench.accepts(first.key, at: now + day - 1))
      #expect(try bench.accepts(first.key, at: now + day) == false)
      #expect(try shop.store.keyDirectory().names == ["UID:7": id])
      // A second rotation ends the first of three secrets.
      let third = try bench.keys { try $0.rotate(id, in: nil, overlap: hour) }
      #expect(try bench.accepts(first.key) == false)
      #expect(try bench.accepts(second.key) && bench.accepts(third.key))
      let fourth = try bench.keys { try $0.rotate(id, in: nil, overlap: 0) }
      #expect(fourth.record.formerHash == nil && fourth.record.formerUntil == nil)
      #expect(try bench.accepts(third.key) == false)
      #expect(try bench.accepts(fourth.key))
    }
  }

  @Test func anExpiredKeyRotatesWithANewEndOnly() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      let key = try bench.key(until: now + hour)
      let id = key.record.id
      let later = now + 2 * hour
      #expect(
        try DomainError.reason { try bench.keys(at: later) { try $0.rotate(id, in: nil) } }
          == "KEY_EXPIRED"
      )
      let next = try bench.keys(at: later) {
        try $0.rotate(id, in: nil, expiresAt: later + 1)
      }
      #expect(try bench.accepts(next.key, at: later))
      #expect(try bench.accepts(next.key, at: later + 1) == false)
      // The secret that had expired does not come back.
      #expect(try bench.accepts(key.key, at: later) == false)
    }
  }

  @Test func aRevokedKeyIsRevokedForGood() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      let key = try bench.key()
      let id = key.record.id
      let next = try bench.keys { try $0.rotate(id, in: nil) }
      let ended = try bench.keys { try $0.revoke(id, in: nil, formerSecretOnly: true).isChanged }
      #expect(ended)
      #expect(try bench.accepts(key.key) == false)
      #expect(try bench.accepts(next.key))
      let again = try bench.keys { try $0.revoke(id, in: nil, formerSecretOnly: true).isChanged }
      #expect(!again)
      let revoked = try bench.keys { try $0.revoke(id, in: nil).record }
      #expect(revoked.revokedAt == now)
      #expect(try bench.accepts(next.key) == false)
      let changed = try bench.keys(at: now + 1) { try $0.revoke(id, in: nil).isChanged }
      #expect(!changed)
      #expect(try shop.store.keyDirectory().keys[id]?.revokedAt == now)
      for work: @Sendable (KeyChanges) throws -> Void in [
        { _ = try $0.rotate(id, in: nil) }, { _ = try $0.bind(KeyName("UID:1"), to: id, in: nil) },
      ] {
        #expect(try DomainError.reason { try bench.keys(work) } == "KEY_REVOKED")
      }
    }
  }

  @Test func aNameStandsForOneKey() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      let (one, two) = (try bench.key().record.id, try bench.key().record.id)
      let name = try KeyName("DNS:Agent.example.com")
      func bind(_ id: KeyID, moves: Bool = false) throws -> Bool {
        try bench.keys { try $0.bind(name, to: id, in: nil, moves: moves).isChanged }
      }
      #expect(try bind(one))
      #expect(try bind(one) == false)
      #expect(try DomainError.reason { try bind(two) } == "KEY_NAME_TAKEN")
      #expect(try bind(two, moves: true))
      #expect(try shop.store.keyDirectory().names == ["DNS:agent.example.com": two])
      // Names are those of the whole database, so a store's key does not touch them.
      let caller = caller(.admin, .customersRead)
      #expect(
        try DomainError.reason {
          try bench.keys(by: caller) { try $0.bind(name, to: one, in: nil).isChanged }
        } == "EVERY_STORE_NEEDED"
      )
      #expect(
        try DomainError.reason { try bench.keys(by: caller) { try $0.unbind(name) } }
          == "EVERY_STORE_NEEDED"
      )
      let weak = KeyAuthority(store: nil, scopes: ScopeSet([.admin]))
      #expect(
        try DomainError.reason {
          try bench.keys(by: weak) { try $0.bind(KeyName("UID:1"), to: one, in: nil).isChanged }
        } == "SCOPE_MISSING"
      )
      #expect(try bench.keys { try $0.unbind(name) } == two)
      #expect(try bench.keys { try $0.unbind(name) } == nil)
    }
  }

  @Test func aNameWithoutItsKeyIsFound() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      let id = try bench.key().record.id
      let isBound = try bench.keys { try $0.bind(KeyName("UID:5"), to: id, in: nil).isChanged }
      #expect(isBound)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      try await shop.tamper("DELETE FROM api_keys")
      let findings = try shop.store.check([RecordChecks.run])
      #expect(findings.count == 1 && findings[0].contains("which does not exist"))
    }
  }

  @Test func aKeyHasAHundredNames() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      let id = try bench.key().record.id
      try bench.keys { keys in
        for user in 1...KeyChanges.maxNames {
          _ = try keys.bind(KeyName("UID:\(user)"), to: id, in: nil)
        }
      }
      #expect(
        try DomainError.reason {
          try bench.keys { try $0.bind(KeyName("UID:0"), to: id, in: nil).isChanged }
        } == "KEY_NAMES_TOO_MANY"
      )
      let known = try bench.keys { try $0.bind(KeyName("UID:9"), to: id, in: nil).isChanged }
      #expect(!known)
      try bench.keys { _ = try $0.unbind(KeyName("UID:9")) }
      let isBound = try bench.keys { try $0.bind(KeyName("UID:0"), to: id, in: nil).isChanged }
      #expect(isBound)
    }
  }

  /// The key that ended first makes room; active keys never do.
  @Test(.timeLimit(.minutes(5))) func keysOfAStoreAreBounded() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      let ended = try bench.key(until: now + 1)
      let revoked = try bench.key()
      try bench.keys(at: now + 2) { _ = try $0.revoke(revoked.record.id, in: nil) }
      try bench.keys { keys in
        let new = NewKey(owner: .store(.default), scopes: .all)
        for _ in 2..<KeyChanges.maxKeysPerOwner { _ = try keys.create(new) }
      }
      for gone in [ended, revoked] {
        #expect(try shop.store.keyDirectory().keys[gone.record.id] != nil)
        _ = try bench.key(at: now + 3)
        #expect(try shop.store.keyDirectory().keys[gone.record.id] == nil)
      }
      #expect(try DomainError.reason { try bench.key(at: now + 3) } == "KEYS_TOO_MANY")
      // The limit is by store.
      #expect(try DomainError.reason { try bench.key(of: .everyStore, at: now + 3) } == nil)
      #expect(try shop.store.keyDirectory().keys.count == KeyChanges.maxKeysPerOwner + 1)
    }
  }

  @Test(.timeLimit(.minutes(5))) func keysOfADatabaseAreBounded() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      // The rows of many stores, without the work of making each key.
      let pepper = try shop.store.keyDirectory().pepper
      try shop.store.performAndWait { transaction in
        let hash = pepper.hash(.random())
        for number in 0..<KeyChanges.maxKeys {
          try KeyWriter(transaction).insert(
            KeyRecord(
              id: KeyID(value: UInt128(number)),
              store: StoreID("s\(number % 20)"),
              scopes: .all,
              hash: hash,
              description: "",
              createdAt: 1,
              expiresAt: number == 5 ? now + 1 : nil
            )
          )
        }
      }
      #expect(try DomainError.reason { try bench.key() } == "KEYS_TOO_MANY")
      // A caller of one store does not remove the ended key of another.
      let new = NewKey(owner: .store(.default), scopes: ScopeSet([.watch]))
      let caller = caller(.admin, .watch)
      func create() throws -> IssuedKey {
        try bench.keys(by: caller, at: now + 1) { try $0.create(new) }
      }
      do {
        _ = try create()
      } catch DomainError.refused(let refusal) {
        #expect(refusal.reason == "KEYS_TOO_MANY" && refusal.message.contains("operator"))
      }
      #expect(try shop.store.keyDirectory().keys[KeyID(value: 5)] != nil)
      _ = try bench.key(at: now + 1)
      let keys = try shop.store.keyDirectory().keys
      #expect(keys.count == KeyChanges.maxKeys && keys[KeyID(value: 5)] == nil)
      #expect(try DomainError.reason { try bench.key(at: now + 1) } == "KEYS_TOO_MANY")
      // One of the own store gives way.
      let own = try #require(keys.values.first { $0.store == .default })
      try bench.keys { _ = try $0.revoke(own.id, in: nil) }
      let made = try create().record.id
      let last = try shop.store.keyDirectory().keys
      #expect(last.count == KeyChanges.maxKeys && last[made] != nil && last[own.id] == nil)
    }
  }
}
