import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// Every method of the contract with every kind of caller that must not get an answer.
struct GateMatrixTests {
  /// The reasons of the gate. Any other outcome means that the call has passed it.
  private static let reasons: Set<String> = [
    "KEY_MISSING", "KEY_MALFORMED", "KEY_UNKNOWN", "KEY_EXPIRED", "KEY_REVOKED", "SCOPE_MISSING",
    "STORE_NOT_YOURS", "STORE_UNKNOWN",
  ]

  private static func scope(of method: Method) throws -> Scope {
    let declared = try #require(Contract.method(method)?.scope)
    return try #require(Scope(rawValue: declared), "\(method)")
  }

  @Test func everyMethodHasARuleOfTheContract() throws {
    let routes = Routes.patron()
    #expect(routes.rules.count == routes.methods.count)
    for (method, rule) in zip(routes.methods, routes.rules) {
      let scope = try Self.scope(of: method)
      #expect(rule.scope == scope)
      #expect(rule.isWrite == (method.idempotency != .noSideEffects))
      #expect(rule.isScan == method.name.hasPrefix("Export"), "\(method)")
    }
  }

  /// A caller's key or lack of one, and the one reason that every method must answer.
  private struct Caller {
    let name: String
    let metadata: Metadata
    var payload: [UInt8] = []
    let code: StatusCode
    let reason: String
  }

  private static func unauthenticated(_ shop: Shop) async throws -> [Caller] {
    let good = try await shop.key(of: "one")
    let expired = try await shop.key(of: "one", until: 1)
    let revoked = try await shop.key(of: "one", revoked: true)
    let both = try await shop.key(of: "one", until: 1, revoked: true)
    let homeless = try await shop.key(of: "nowhere")
    let wrongSecret = APIKey.random(for: good.key.id).text
    let text = good.key.text
    var twice = good.metadata
    twice.append("authorization", "Bearer \(text)")
    let malformed: [Metadata] = [
      ["authorization": ""], ["authorization": "Bearer"], ["authorization": "Bearer "],
      ["authorization": text], ["authorization": "Basic \(text)"],
      ["authorization": "Bearer  \(text)"], ["authorization": "Bearer \(text) "],
      ["authorization": "Bearer \(text.dropLast())"], ["authorization": "Bearer \(text)0"],
      ["authorization": "Bearer \(text.dropLast())\(text.hasSuffix("0") ? "1" : "0")"],
      ["authorization": "Bearer \(text.uppercased())"],
      ["authorization": "Bearer " + String(repeating: "x", count: 8000)], twice,
    ]
    func caller(_ name: String, _ metadata: Metadata, _ reason: String) -> Caller {
      Caller(name: name, metadata: metadata, code: .unauthenticated, reason: reason)
    }
    return [
      caller("no key", Metadata(), "KEY_MISSING"),
      caller("other metadata", ["key": text, "x-authorization": text], "KEY_MISSING"),
      caller("unknown", ["authorization": "Bearer \(APIKey.random().text)"], "KEY_UNKNOWN"),
      caller("wrong secret", ["authorization": "Bearer \(wrongSecret)"], "KEY_UNKNOWN"),
      caller("expired", expired.metadata, "KEY_EXPIRED"),
      caller("revoked", revoked.metadata, "KEY_REVOKED"),
      caller("revoked and expired", both.metadata, "KEY_REVOKED"),
      caller("of a store that is gone", homeless.metadata, "KEY_REVOKED"),
    ] + malformed.map { caller("malformed", $0, "KEY_MALFORMED") }
  }

  private static func foreign(_ shop: Shop) async throws -> [Caller] {
    let key = try await shop.key(of: "one")
    return ["two", "default", "nowhere", "No Store", String(repeating: "x", count: 100)].map {
      Caller(
        name: "store \($0)",
        metadata: key.metadata,
        payload: GateBench.request(in: $0),
        code: .permissionDenied,
        reason: "STORE_NOT_YOURS"
      )
    }
  }

  @Test func nobodyWithoutAValidKeyGetsAnAnswer() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one", "two", "default")
      let callers = try await Self.unauthenticated(shop) + (try await Self.foreign(shop))
      let bench = try GateBench(shop)
      for method in bench.router.methods {
        for caller in callers {
          let error = try bench.call(method, caller.payload, caller.metadata)
          #expect(error?.code == caller.code, "\(method), \(caller.name)")
          #expect(error?.reason == caller.reason, "\(method), \(caller.name)")
        }
      }
    }
  }

  @Test func anErrorDoesNotTellWhatExists() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one", "two")
      let unknown = try await Self.unauthenticated(shop).filter { $0.reason == "KEY_UNKNOWN" }
      let foreign = try await Self.foreign(shop)
      #expect(unknown.count == 2)
      let bench = try GateBench(shop)
      for callers in [unknown, foreign] {
        let errors = try callers.map {
          try bench.call(CustomerService.getCustomer.method, $0.payload, $0.metadata)
        }
        #expect(errors.allSatisfy { $0 == errors[0] && $0 != nil })
      }
    }
  }

  @Test func everyMethodNeedsItsScopeAndNoOther() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      var lacking: [Scope: TestKey] = [:]
      var having: [Scope: TestKey] = [:]
      for scope in Scope.allCases {
        lacking[scope] = try await shop.key(
          of: "one",
          ScopeSet(Scope.allCases.filter { $0 != scope })
        )
        having[scope] = try await shop.key(of: "one", ScopeSet([scope]))
      }
      let bench = try GateBench(shop)
      for method in bench.router.methods {
        let scope = try Self.scope(of: method)
        let lacks = try #require(lacking[scope])
        let error = try bench.call(method, [], lacks.metadata)
        #expect(error?.code == .permissionDenied, "\(method)")
        #expect(error?.reason == "SCOPE_MISSING", "\(method)")
        #expect(error?.metadata == ["scope": scope.rawValue], "\(method)")
        let has = try #require(having[scope])
        let passed = try bench.call(method, [], has.metadata)
        #expect(!Self.reasons.contains(passed?.reason ?? ""), "\(method): \(passed?.reason ?? "")")
      }
    }
  }

  @Test func aKeyOfEveryStoreNeedsAStoreThatExists() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "shop-one", "two")
      let key = try await shop.key(of: nil)
      let bench = try GateBench(shop)
      // Methods about keys and stores look stores up themselves: one of them makes stores. Those
      // about the server are about no store.
      let others = [AdminService.name, OperationsService.name]
      for method in bench.router.methods where !others.contains(method.service) {
        for store in ["shop-one", "two"] {
          let error = try bench.call(method, GateBench.request(in: store), key.metadata)
          #expect(!Self.reasons.contains(error?.reason ?? ""), "\(method), \(store)")
        }
        let mistyped = try bench.call(method, GateBench.request(in: "shop-onr"), key.metadata)
        #expect(mistyped?.code == .notFound, "\(method)")
        #expect(mistyped?.reason == "STORE_UNKNOWN", "\(method)")
        #expect(mistyped?.metadata == ["nearest": "shop-one"], "\(method)")
        let empty = try bench.call(method, [], key.metadata)
        #expect(empty?.reason == "STORE_UNKNOWN", "\(method): there is no store `default`")
        for (error, name) in [(mistyped, "shop-onr"), (empty, "default")] {
          let message = error?.message ?? ""
          #expect(message.contains("here is no store `\(name)`"), "\(message)")
          #expect(message.contains("PATRON_STORE") && message.contains("`store_id`"))
        }
      }
    }
  }
}
