import PatronModel
import Testing

/// The scopes of keys, and their stored form.
@Suite struct ScopeTests {
  @Test func namesAreThoseOfTheContract() {
    #expect(
      Scope.allCases.map(\.rawValue) == [
        "customers:read", "customers:write", "consent:write", "timeline:read", "timeline:write",
        "export", "erase", "settings", "watch", "admin",
      ]
    )
    #expect(Scope(rawValue: "customers:write") == .customersWrite)
    for name in ["", "customers", "Customers:read", "customers:read ", "all", "*"] {
      #expect(Scope(rawValue: name) == nil, "\(name)")
    }
  }

  @Test func everyScopeKeepsItsBit() {
    for (index, scope) in Scope.allCases.enumerated() {
      #expect(ScopeSet([scope]).rawValue == 1 << index, "\(scope)")
    }
    #expect(ScopeSet.all.rawValue == 0b11_1111_1111)
  }

  @Test func noScopeIncludesAnother() {
    for scope in Scope.allCases {
      let set = ScopeSet([scope])
      #expect(set.scopes == [scope])
      for other in Scope.allCases { #expect(set.contains(other) == (other == scope)) }
    }
  }

  @Test func setsJoinAndAreListedInOrder() {
    let set = ScopeSet([.watch, .customersRead, .watch])
    #expect(set.scopes == [.customersRead, .watch])
    #expect(set.union(ScopeSet([.export])).scopes == [.customersRead, .export, .watch])
    #expect(ScopeSet([]).isEmpty && ScopeSet([]).scopes.isEmpty)
    #expect(set.isSubset(of: .all) && !set.contains(.admin))
    #expect(ScopeSet.all.scopes == Scope.allCases)
  }

  @Test func bitsOfLaterVersionsAreKeptAndGiveNoRight() {
    let set = ScopeSet(rawValue: 1 << 15 | 1 << 10 | 1)
    #expect(set.scopes == [.customersRead])
    #expect(set.rawValue == 1 << 15 | 1 << 10 | 1)
    #expect(!set.isSubset(of: .all))
  }
}
