import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// The callers that the gate lets in, and what it remembers of them.
struct GateTests {
  private static let get = CustomerService.getCustomer.method
  /// A request that passes the gate and finds nobody.
  private static func request(in store: String = "") throws -> [UInt8] {
    try GetCustomerRequest.with {
      $0.storeID = store
      $0.customer = .with { $0.ref = .id(7) }
    }.encoded()
  }

  private static let notFound = "CUSTOMER_NOT_FOUND"

  @Test func withoutKeysEverybodyIsLetInAndAKeyRestrictsAllTheSame() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one", ScopeSet([.customersRead]))
      let bench = try GateBench(shop, .off)
      // Stores begin with their first write, so none has to exist.
      #expect(try bench.call(Self.get, Self.request(in: "any"))?.reason == Self.notFound)
      #expect(try bench.call(Self.get, Self.request(), key.metadata)?.reason == Self.notFound)
      let other = try bench.call(Self.get, Self.request(in: "two"), key.metadata)
      #expect(other?.reason == "STORE_NOT_YOURS")
      let write = try bench.call(CustomerService.upsertCustomer.method, [], key.metadata)
      #expect(write?.reason == "SCOPE_MISSING")
      let unknown = try bench.call(
        Self.get,
        Self.request(),
        ["authorization": "Bearer \(APIKey.random().text)"]
      )
      #expect(unknown?.reason == "KEY_UNKNOWN")
    }
  }

  /// A stranger who makes a key would keep it when keys are turned on.
  @Test func withoutKeysAdministrationIsForTheOperatorAndForKeys() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: nil)
      let bench = try GateBench(shop, .off)
      let admin = bench.router.methods.filter { $0.service == AdminService.name }
      #expect(admin.count >= 10)
      let process = UnixCredentials(pid: 1, uid: 1000, gid: 1000)
      let owner = Peer(address: "unix", credentials: process, isOperator: true)
      let neighbour = Peer(address: "unix", credentials: process)
      for method in admin {
        for peer in [Peer(address: "127.0.0.1:1"), neighbour] {
          let error = try bench.call(method, peer: peer)
          #expect(error?.code == .permissionDenied, "\(method)")
          #expect(error?.reason == "SCOPE_MISSING", "\(method)")
          #expect(error?.message.contains("`patrond keys create`") == true, "\(method)")
        }
        #expect(try bench.call(method, peer: owner)?.reason != "SCOPE_MISSING", "\(method)")
        #expect(try bench.call(method, [], key.metadata)?.reason != "SCOPE_MISSING", "\(method)")
      }
    }
  }

  @Test func aSessionKeepsItsCallerUntilTheKeysChange() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let key = try await shop.key(of: "one")
      let other = try await shop.key(of: "one")
      let bench = try GateBench(shop)
      let session = ConnectionSession(isAuthenticated: false)
      func call(_ metadata: Metadata) throws -> String? {
        try bench.call(Self.get, Self.request(), metadata, session: session)?.reason
      }
      #expect(try call(Metadata()) == "KEY_MISSING")
      #expect(!session.isAuthenticated)
      #expect(try call(key.metadata) == Self.notFound)
      #expect(session.isAuthenticated && session.caller?.refusal == nil)
      #expect(session.caller != nil, "the connection is taken back when the key ends")
      let first = session.state
      #expect(try call(key.metadata) == Self.notFound)
      #expect(session.state === first)
      // Metadata of each call counts, not what the connection has shown before.
      #expect(try call(Metadata()) == "KEY_MISSING")
      #expect(try call(other.metadata) == Self.notFound)
      #expect(try call(["authorization": "Bearer x"]) == "KEY_MALFORMED")
      #expect(try call(key.metadata) == Self.notFound)
    }
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let key = try await shop.key(of: "one")
      let bench = try GateBench(shop)
      let session = ConnectionSession(isAuthenticated: false)
      let before = try bench.call(Self.get, Self.request(), key.metadata, session: session)
      #expect(before?.reason == Self.notFound)
      try await shop.revoke(key)
      // A router of its own, because a suspension may change the thread; the session stays.
      let after = try GateBench(shop)
      let error = try after.call(Self.get, Self.request(), key.metadata, session: session)
      #expect(error?.reason == "KEY_REVOKED")
    }
  }

  @Test func aKeyExpiresWhileItsConnectionIsOpen() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let clock = TestClock()
      let end = clock.clock.now() + Int64(Duration.days(1) / .microseconds(1))
      let key = try await shop.key(of: "one", until: end)
      let bench = try GateBench(shop, clock: clock.clock)
      let session = ConnectionSession(isAuthenticated: false)
      func call() throws -> String? {
        try bench.call(Self.get, Self.request(), key.metadata, session: session)?.reason
      }
      #expect(try call() == Self.notFound)
      clock.advance(by: .minutes(23 * 60))
      #expect(try call() == Self.notFound)
      clock.advance(by: .minutes(60))
      #expect(try call() == "KEY_EXPIRED")
    }
  }

  @Test func aFormerSecretCountsForAWhile() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let clock = TestClock()
      let key = try await shop.key(of: "one")
      let fresh = APIKey.random(for: key.key.id)
      let end = clock.clock.now() + Int64(Duration.days(1) / .microseconds(1))
      try await shop.write { transaction in
        guard var record = try KeyReader(transaction.read).key(key.key.id) else { return }
        record.formerHash = record.hash
        record.formerUntil = end
        record.hash = try KeyWriter(transaction).pepper().hash(fresh)
        try KeyWriter(transaction).update(record)
      }
      let bench = try GateBench(shop, clock: clock.clock)
      let (old, new) = (ConnectionSession(), ConnectionSession())
      func call(_ metadata: Metadata, _ session: ConnectionSession) throws -> String? {
        try bench.call(Self.get, Self.request(), metadata, session: session)?.reason
      }
      let metadata = TestKey(key: fresh).metadata
      #expect(try call(key.metadata, old) == Self.notFound)
      #expect(try call(metadata, new) == Self.notFound)
      clock.advance(by: .days(1))
      #expect(try call(key.metadata, old) == "KEY_UNKNOWN")
      #expect(try call(metadata, new) == Self.notFound)
    }
  }

  @Test func aProvenNameStandsForItsKeyAndMetadataWins() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one", "two")
      let named = try await shop.key(of: "one")
      let sent = try await shop.key(of: "two")
      try await shop.write { transaction in
        try KeyWriter(transaction).bind("DNS:till.example.com", to: named.key.id)
        try KeyWriter(transaction).bind("UID:1000", to: sent.key.id)
      }
      let bench = try GateBench(shop)
      let till = Peer(
        address: "10.0.0.7:1",
        certificateNames: ["URI:patron://unknown", "DNS:Till.Example.COM"]
      )
      let process = Peer(
        address: "unix",
        credentials: UnixCredentials(pid: 1, uid: 1000, gid: 1000)
      )
      func call(_ store: String, _ peer: Peer, _ metadata: Metadata = Metadata()) throws -> String?
      {
        try bench.call(Self.get, Self.request(in: store), metadata, peer: peer)?.reason
      }
      #expect(try call("one", till) == Self.notFound)
      #expect(try call("two", till) == "STORE_NOT_YOURS")
      #expect(try call("two", process) == Self.notFound)
      #expect(try call("one", process) == "STORE_NOT_YOURS")
      let owner = Peer(address: "unix", credentials: process.credentials, isOperator: true)
      for store in ["one", "two"] { #expect(try call(store, owner) == Self.notFound) }
      #expect(try call("two", till, sent.metadata) == Self.notFound)
      #expect(try call("one", till, sent.metadata) == "STORE_NOT_YOURS")
      #expect(
        try call("one", Peer(address: "10.0.0.7:1", certificateNames: ["DNS:x"])) == "KEY_MISSING"
      )
    }
  }

  /// Caller and operator learn the name that is to be bound.
  @Test func aNameWithoutAKeyIsNamed() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let bench = try GateBench(shop)
      let till = Peer(
        address: "10.0.0.7:1",
        certificateNames: ["DNS:Till.example.com", "URI:patron://till"]
      )
      let error = try bench.call(Self.get, Self.request(in: "one"), peer: till)
      #expect(error?.reason == "KEY_MISSING")
      for part in [
        "DNS:till.example.com and 1 more", "`patrond keys bind KEYID DNS:till.example.com`",
      ] {
        #expect(error?.message.contains(part) == true, "\(String(describing: error))")
      }
      #expect(
        bench.log.messages == [
          "refused calls of a caller peer=10.0.0.7 reason=KEY_MISSING count=1 "
            + "unbound=DNS:till.example.com"
        ]
      )
      let nobody = try bench.call(Self.get, Self.request(in: "one"))
      #expect(nobody?.message.contains("keys bind") == false, "there is no name to bind")
    }
  }

  @Test func usesAreNotedOnceAnHour() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let key = try await shop.key(of: "one")
      let now = WallClock.system.now()
      let bench = try GateBench(shop)
      _ = try bench.call(Self.get, Self.request(), key.metadata)
      let uses = bench.uses
      try await shop.write { try uses.write(in: $0) }
      let record = try #require(try shop.store.keyDirectory().keys[key.key.id])
      let used = try #require(record.lastUsedAt)
      #expect(used >= KeyUses.hour(of: now) && used <= WallClock.system.now())
    }
  }

  @Test func theHealthServiceNeedsNoKeyAndTakesOne() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let key = try await shop.key(of: "one", [])
      let bench = try GateBench(shop)
      let health = HealthDispatcher(HealthState(services: []), gate: bench.gate)
      let check = try #require(health.methods.first { $0.name == "Check" })
      func call(_ metadata: Metadata, _ session: ConnectionSession) throws -> String? {
        try bench.call(check, [], metadata, session: session, of: health)?.reason
      }
      let session = ConnectionSession(isAuthenticated: false)
      #expect(try call(Metadata(), session) == nil)
      #expect(!session.isAuthenticated)
      let unknown: Metadata = ["authorization": "Bearer \(APIKey.random().text)"]
      #expect(try call(unknown, session) == "KEY_UNKNOWN")
      #expect(!session.isAuthenticated)
      #expect(try call(key.metadata, session) == nil)
      #expect(session.isAuthenticated)
    }
  }

  @Test func aBoundNameCountsFromTheFirstHealthCheck() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let key = try await shop.key(of: "one")
      try await shop.write { try KeyWriter($0).bind("DNS:till.example.com", to: key.key.id) }
      let bench = try GateBench(shop)
      let health = HealthDispatcher(HealthState(services: []), gate: bench.gate)
      let check = try #require(health.methods.first { $0.name == "Check" })
      for name in ["DNS:till.example.com", "DNS:x"] {
        let session = ConnectionSession(isAuthenticated: false)
        let peer = Peer(address: "10.0.0.7:1", certificateNames: [name])
        #expect(try bench.call(check, session: session, peer: peer, of: health) == nil)
        #expect(session.isAuthenticated == (name != "DNS:x"))
      }
      #expect(bench.failures.drain().isEmpty, "a health check without a key is as good")
    }
  }

  /// Health checks come often: an end of the key must neither fail them nor fill the log.
  @Test func anEndedKeyOfANameFailsNoHealthCheck() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let key = try await shop.key(of: "one", until: WallClock.system.now() - 1)
      try await shop.write { try KeyWriter($0).bind("UID:1000", to: key.key.id) }
      let bench = try GateBench(shop)
      let health = HealthDispatcher(HealthState(services: []), gate: bench.gate)
      let check = try #require(health.methods.first { $0.name == "Check" })
      let session = ConnectionSession(isAuthenticated: false)
      let process = UnixCredentials(pid: 1, uid: 1000, gid: 1000)
      let peer = Peer(address: "unix", credentials: process)
      #expect(try bench.call(check, session: session, peer: peer, of: health) == nil)
      #expect(!session.isAuthenticated)
      #expect(bench.failures.drain().isEmpty)
    }
  }

  // MARK: Refusals

  @Test func refusalsAreCountedByPeerAndReason() async throws {
    try await Shop.open { shop in
      try await shop.make(stores: "one")
      let key = try await shop.key(of: "one", ScopeSet([.watch]))
      let bench = try GateBench(shop)
      for port in 1...5 {
        _ = try bench.call(Self.get, peer: Peer(address: "10.0.0.8:\(port)"))
      }
      _ = try bench.call(Self.get, [], key.metadata)
      _ = try bench.call(Self.get, [], ["authorization": "Bearer \(APIKey.random().text)"])
      let failures = bench.failures.drain()
      let byReason = Dictionary(grouping: failures, by: \.reason)
      #expect(byReason["KEY_MISSING"]?.map(\.count) == [5])
      #expect(byReason["KEY_MISSING"]?.first?.peer == "10.0.0.8")
      #expect(byReason["SCOPE_MISSING"]?.first?.keyID == key.key.id)
      #expect(byReason["SCOPE_MISSING"]?.first?.store == "one")
      #expect(byReason["KEY_UNKNOWN"]?.first?.keyID == nil)
      #expect(bench.failures.drain() == [])
      // The operator sees that a key is known and the secret is not; the caller does not.
      let rotated = APIKey.random(for: key.key.id)
      let wrong = try bench.call(Self.get, [], ["authorization": "Bearer \(rotated.text)"])
      #expect(wrong?.message.contains("ended with a rotation") == true)
      #expect(bench.failures.drain().first?.keyID == key.key.id)
    }
  }

  @Test(arguments: [(4999, true), (5000, false)])
  func aSimilarStoreIsLookedForAmongFew(others: Int, isNamed: Bool) throws {
    var stores = Set((0..<others).compactMap { StoreID("n\($0)") })
    stores.insert(try #require(StoreID("shop-one")))
    let error = RPCError.storeUnknown(try #require(StoreID("shop-onr")), among: stores)
    #expect(error.reason == "STORE_UNKNOWN")
    #expect(error.metadata == (isNamed ? ["nearest": "shop-one"] : [:]))
  }

  @Test func refusalsAreBounded() {
    let collector = LogCollector()
    let failures = AuthenticationFailures(log: collector.log)
    for peer in 0..<(2 * AuthenticationFailures.maxEntries) {
      failures.note(
        "KEY_MISSING",
        keyID: nil,
        store: nil,
        "10.0.\(peer / 256).\(peer % 256)",
        at: 0
      )
    }
    #expect(collector.messages.count == AuthenticationFailures.maxLines, "many peers are no flood")
    let counted = failures.drain()
    #expect(counted.count == AuthenticationFailures.maxEntries + 1)
    #expect(counted.first { $0.peer.isEmpty }?.count == AuthenticationFailures.maxEntries)
    // Peers that were quiet since the last time are forgotten.
    #expect(failures.drain().isEmpty)
  }

  @Test func aPeerIsLoggedOnceASecond() {
    let collector = LogCollector()
    let failures = AuthenticationFailures(log: collector.log)
    let id = APIKey.random().id
    for time: Int64 in [0, 1, 999_999, 1_000_000, 1_500_000] {
      failures.note("KEY_EXPIRED", keyID: id, store: "one", "unix", at: time)
    }
    #expect(
      collector.messages == [
        "refused calls of a caller peer=unix key=\(id) reason=KEY_EXPIRED count=1",
        "refused calls of a caller peer=unix key=\(id) reason=KEY_EXPIRED count=3",
      ]
    )
  }

  @Test func theLogTellsWrongSecretsFromUnknownKeys() {
    let collector = LogCollector()
    let failures = AuthenticationFailures(log: collector.log)
    let id = APIKey.random().id
    failures.note("KEY_UNKNOWN", keyID: id, store: "one", "unix", at: 0)
    failures.note("KEY_UNKNOWN", keyID: nil, store: nil, "10.0.0.9", at: 0)
    #expect(
      collector.messages == [
        "refused calls of a caller peer=unix key=\(id) reason=KEY_UNKNOWN count=1 "
          + "cause=\"the key has another secret\"",
        "refused calls of a caller peer=10.0.0.9 reason=KEY_UNKNOWN count=1",
      ]
    )
  }

  @Test func aFloodOfRefusalsLeavesRoomInTheNextSecond() {
    let collector = LogCollector()
    let failures = AuthenticationFailures(log: collector.log)
    for peer in 0..<100 {
      failures.note("KEY_MISSING", keyID: nil, store: nil, "10.0.0.\(peer)", at: 5)
    }
    failures.note("KEY_MISSING", keyID: nil, store: nil, "10.0.0.99", at: 1_000_004)
    #expect(collector.messages.count == AuthenticationFailures.maxLines)
    failures.note("KEY_MISSING", keyID: nil, store: nil, "10.0.0.99", at: 1_000_005)
    #expect(collector.messages.count == AuthenticationFailures.maxLines + 1)
    #expect(
      collector.messages.last
        == "refused calls of a caller peer=10.0.0.99 reason=KEY_MISSING count=3"
    )
  }
}
