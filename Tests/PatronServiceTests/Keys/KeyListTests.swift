import PatronModel
import PatronProto
import PatronStore
import Testing

@testable import PatronCore

/// Tests of the lists of keys and stores.
struct KeyListTests {
  private let now = KeyBench.now

  /// Reads all pages of a list of keys.
  private func keys(
    _ bench: KeyBench,
    _ selection: KeyList.Selection,
    size: Int32,
    by authority: KeyAuthority = .operator
  ) throws -> [KeyList.Item] {
    var items: [KeyList.Item] = []
    var token = ""
    repeat {
      let place = token
      let page = try bench.store.performAndWait {
        try KeyList(
          selection,
          of: .default,
          pageSize: size,
          pageToken: place,
          by: authority,
          in: $0.read,
          at: now
        )
      }
      #expect(page.items.count <= size || size == 0)
      items += page.items
      token = page.nextPageToken
    } while !token.isEmpty
    return items
  }

  @Test func pagesHaveEveryKeyOnce() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      var made: [IssuedKey] = []
      for number in 0..<7 {
        made.append(try bench.key(of: number < 5 ? .store(.default) : .everyStore))
      }
      let first = made[0].record.id
      try bench.keys { keys in
        _ = try keys.bind(KeyName("UID:2"), to: first, in: nil)
        _ = try keys.bind(KeyName("UID:1"), to: first, in: nil)
        _ = try keys.revoke(first, in: nil)
      }
      let own = KeyList.Selection(owner: .store(.default))
      for size: Int32 in [0, 1, 2, 5, 6, 1000] {
        let all = try keys(bench, .init(owner: nil), size: size)
        #expect(Set(all.map(\.record.id)) == Set(made.map(\.record.id)) && all.count == 7)
        #expect(try keys(bench, own, size: size).count == 5)
      }
      let listed = try keys(bench, own, size: 0)
      #expect(listed.first { $0.record.id == first }?.names == ["UID:1", "UID:2"])
      let active = KeyList.Selection(owner: .store(.default), isActiveOnly: true)
      #expect(try keys(bench, active, size: 2).count == 4)
      // A caller of one store lists that store's keys.
      let caller = KeyAuthority(store: .default, scopes: ScopeSet([.admin]))
      #expect(try keys(bench, own, size: 0, by: caller).count == 5)
      for owner in [nil, KeyOwner.everyStore, KeyOwner(StoreID("other"))] {
        let selection = KeyList.Selection(owner: owner)
        #expect(
          try DomainError.reason { try keys(bench, selection, size: 0, by: caller) }
            == "EVERY_STORE_NEEDED"
        )
      }
    }
  }

  @Test func pagesAreBoundToTheirList() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try bench.make(.default)
      for _ in 0..<3 { _ = try bench.key() }
      func page(
        _ selection: KeyList.Selection = .init(owner: .store(.default)),
        of store: StoreID = .default,
        size: Int32 = 1,
        _ token: String = ""
      ) throws -> KeyList {
        try bench.store.performAndWait {
          try KeyList(
            selection,
            of: store,
            pageSize: size,
            pageToken: token,
            by: .operator,
            in: $0.read,
            at: now
          )
        }
      }
      let token = try page().nextPageToken
      #expect(try page(size: 2, token).items.count == 2)
      let other = try #require(StoreID("other"))
      for (selection, store) in [
        (KeyList.Selection(owner: .store(other)), other), (.init(owner: nil), .default),
        (.init(owner: .store(.default), isActiveOnly: true), .default),
      ] {
        #expect(
          try DomainError.reason { try page(selection, of: store, token) } == "PAGE_TOKEN_MISMATCH"
        )
      }
      #expect(try DomainError.reason { try page(size: 1, "x") } == "PAGE_TOKEN_MALFORMED")
      for size: Int32 in [-1, 1001] {
        #expect(try DomainError.reason { try page(size: size) } == "PAGE_SIZE_OUT_OF_RANGE")
      }
    }
  }

  @Test func storesHaveCounts() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      let longest = try #require(StoreID(String(repeating: "z", count: 64)))
      try bench.make(longest)
      for number in 0..<3 { try await shop.upsert { $0.email = "c\(number)@example.com" } }
      _ = try bench.key()
      _ = try bench.key(until: now + 1)
      let revoked = try bench.key().record.id
      try bench.keys { _ = try $0.revoke(revoked, in: nil) }
      _ = try bench.key(of: .everyStore)
      func page(_ size: Int32, _ token: String = "") throws -> StoreList {
        try bench.store.performAndWait {
          try StoreList(
            pageSize: size,
            pageToken: token,
            by: .operator,
            in: $0.read,
            at: now + 1
          )
        }
      }
      let all = try page(0).stores
      #expect(all.map(\.record.id) == [.default, longest])
      #expect(all.map(\.customerCount) == [3, 0] && all.map(\.keyCount) == [1, 0])
      #expect(all[1].record.createdAt == now)
      let first = try page(1)
      #expect(first.stores == [all[0]])
      let second = try page(1, first.nextPageToken)
      #expect(second.stores == [all[1]] && second.nextPageToken == "")
      let caller = KeyAuthority(store: .default, scopes: .all)
      #expect(
        try DomainError.reason {
          try bench.store.performAndWait {
            try StoreList(pageSize: 0, pageToken: "", by: caller, in: $0.read, at: now)
          }
        } == "EVERY_STORE_NEEDED"
      )
    }
  }

  @Test(arguments: ["", "a", "default", String(repeating: "y", count: 64), "a-b_c-9"])
  func positionsAreNames(_ name: String) {
    #expect(StorePosition.numbers(name).count == StorePosition.count)
    #expect(StorePosition.name(StorePosition.numbers(name)) == name)
  }
}
