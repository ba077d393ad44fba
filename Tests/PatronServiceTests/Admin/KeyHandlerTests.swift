import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// The methods of AdminService about keys.
struct KeyHandlerTests {
  @Test func aKeyIsShownOnce() async throws {
    try await Shop.open { shop in
      let end = GoogleProtobuf.Timestamp.now + 3600
      let made = try await shop.makeKey(scopes: [.watch, .customersRead]) {
        $0.description = " till 3 "
        $0.expiresAt = .at(end)
        $0.limits = .with { $0.callsPerSecond = 7 }
      }
      let info = try #require(made.key)
      let key = try #require(APIKey(made.token))
      #expect(key.id.text == info.keyID)
      #expect(info.storeID == "shop" && info.description == "till 3" && info.state == .active)
      #expect(info.scopes == ["customers:read", "watch"])
      #expect(info.expiresAt == .at(end) && info.limits?.callsPerSecond == 7)
      #expect(info.lastUsedAt == nil && info.revokedAt == nil && info.names.isEmpty)
      let list = try await shop.admin.listKeys(.with { $0.storeID = "shop" })
      #expect(list.keys == [info])
      #expect(!(try list.json().contains(made.token)))
      #expect(!(try shop.image().contains(made.token.suffix(49))))
    }
  }

  @Test func everythingThatIsWrongIsNamedAtOnce() async throws {
    try await Shop.open { shop in
      let broken = try await violations {
        try await shop.makeKey(scopes: []) {
          $0.scopes = ["customer:read", "watch", "watch"]
          $0.description = String(repeating: "x", count: 256)
          $0.expiresAt = .at(1)
          $0.limits = .with { $0.concurrentScans = 1025 }
        }
      }
      #expect(
        Set(broken) == [
          Broken("scopes[0]", "SCOPE_UNKNOWN"), Broken("scopes[2]", "SCOPE_REPEATED"),
          Broken("description", "TEXT_TOO_LONG"), Broken("expires_at", "EXPIRES_TOO_EARLY"),
          Broken("limits.concurrent_scans", "LIMIT_OUT_OF_RANGE"),
        ]
      )
      #expect(
        try await violations { try await shop.makeKey(scopes: []) }
          == [Broken("scopes", "SCOPES_MISSING")]
      )
      let rotation = try await violations {
        try await shop.admin.rotateKey(
          .with {
            $0.keyID = "nonsense"
            $0.overlapSeconds = 2_592_001
            $0.expiresAt = .at(1)
          }
        )
      }
      #expect(
        rotation == [
          Broken("key_id", "KEY_ID_MALFORMED"), Broken("overlap_seconds", "OVERLAP_OUT_OF_RANGE"),
          Broken("expires_at", "EXPIRES_TOO_EARLY"),
        ]
      )
      let binding = try await violations { try await shop.admin.bindKey(.with { $0.name = "x" }) }
      #expect(
        binding == [Broken("key_id", "KEY_ID_MALFORMED"), Broken("name", "KEY_NAME_MALFORMED")]
      )
      #expect(try await shop.admin.listKeys(.with { $0.everyStore = true }).keys.isEmpty)
    }
  }

  @Test func aRotationKeepsAllButTheSecret() async throws {
    try await Shop.open { shop in
      let made = try await shop.makeKey()
      let id = made.key?.keyID ?? ""
      let rotated = try await shop.admin.rotateKey(.with { $0.keyID = id })
      #expect(rotated.key?.keyID == id && rotated.token != made.token)
      #expect(APIKey(rotated.token)?.id == APIKey(made.token)?.id)
      let day = Int64(KeyFields.usualOverlap / 1_000_000)
      let until = try #require(rotated.key?.formerSecretUntil).seconds
      #expect(abs(until - GoogleProtobuf.Timestamp.now - day) < 600)
      let atOnce = try await shop.admin.rotateKey(
        .with {
          $0.storeID = "shop"
          $0.keyID = id
          $0.overlapSeconds = 0
        }
      )
      #expect(atOnce.key?.formerSecretUntil == nil)
      let elsewhere = try await failure {
        try await shop.admin.rotateKey(
          .with {
            $0.storeID = "other"
            $0.keyID = id
          }
        )
      }
      #expect(elsewhere.code == .notFound && elsewhere.reason == "KEY_NOT_FOUND")
    }
  }

  @Test func aRevokedKeyStaysInTheList() async throws {
    try await Shop.open { shop in
      let id = try await shop.makeKey().key?.keyID ?? ""
      _ = try await shop.admin.rotateKey(.with { $0.keyID = id })
      let former = RevokeKeyRequest.with {
        $0.keyID = id
        $0.formerSecretOnly = true
      }
      let ended = try await shop.admin.revokeKey(former)
      #expect(ended.outcome == .updated && ended.key?.state == .active)
      #expect(ended.key?.formerSecretUntil == nil)
      #expect(try await shop.admin.revokeKey(former).outcome == .unchanged)
      let revoked = try await shop.admin.revokeKey(.with { $0.keyID = id })
      #expect(revoked.outcome == .updated && revoked.key?.state == .revoked)
      #expect(try await shop.admin.revokeKey(.with { $0.keyID = id }).outcome == .unchanged)
      #expect(try await shop.admin.listKeys(.with { $0.storeID = "shop" }).keys.count == 1)
      let active = ListKeysRequest.with {
        $0.storeID = "shop"
        $0.activeOnly = true
      }
      #expect(try await shop.admin.listKeys(active).keys.isEmpty)
      let error = try await failure { try await shop.admin.rotateKey(.with { $0.keyID = id }) }
      #expect(error.code == .failedPrecondition && error.reason == "KEY_REVOKED")
    }
  }

  @Test func aNameStandsForOneKey() async throws {
    try await Shop.open { shop in
      let one = try await shop.makeKey().key?.keyID ?? ""
      let other = try await shop.makeKey().key?.keyID ?? ""
      func bind(_ id: String, move: Bool = false) async throws(RPCError) -> BindKeyResponse {
        try await shop.admin.bindKey(
          .with {
            $0.keyID = id
            $0.name = "DNS:Agent.example.com"
            $0.move = move
          }
        )
      }
      let bound = try await bind(one)
      #expect(bound.outcome == .updated && bound.key?.names == ["DNS:agent.example.com"])
      #expect(try await bind(one).outcome == .unchanged)
      let taken = try await failure { try await bind(other) }
      #expect(taken.code == .alreadyExists && taken.reason == "KEY_NAME_TAKEN")
      #expect(taken.metadata["key_id"] == one)
      #expect(try await bind(other, move: true).key?.names == ["DNS:agent.example.com"])
      let unbind = UnbindKeyRequest.with { $0.name = "DNS:agent.example.com" }
      #expect(try await shop.admin.unbindKey(unbind).keyID == other)
      let again = try await shop.admin.unbindKey(unbind)
      #expect(again.keyID.isEmpty && again.outcome == .unchanged)
    }
  }

  @Test func keysHavePages() async throws {
    try await Shop.open { shop in
      var made: [String] = []
      for store in ["one", "two", "one", "two", "one"] {
        made.append(try await shop.makeKey(in: store).key?.keyID ?? "")
      }
      var request = ListKeysRequest.with {
        $0.everyStore = true
        $0.pageSize = 2
      }
      var listed: [String] = []
      var pages = 0
      repeat {
        let page = try await shop.admin.listKeys(request)
        listed += page.keys.map(\.keyID)
        request.pageToken = page.nextPageToken
        pages += 1
      } while !request.pageToken.isEmpty
      #expect(listed.sorted() == made.sorted() && pages == 3)
      let one = try await shop.admin.listKeys(.with { $0.storeID = "one" })
      #expect(one.keys.allSatisfy { $0.storeID == "one" } && one.keys.count == 3)
    }
  }

  // MARK: - Callers of one store

  private static func caller(_ scopes: [PatronModel.Scope]) -> Principal {
    Principal(store: StoreID("shop"), scopes: ScopeSet(scopes + [.admin]))
  }

  private func create(
    _ shop: Shop,
    as caller: Principal,
    _ request: CreateKeyRequest
  ) throws -> CreateKeyResponse {
    try shop.write(
      as: caller,
      CreateKeyResponse.self,
      prepare: { try AdminHandlers.prepareCreateKey(request, $0) },
      apply: AdminHandlers.createKey
    )
  }

  @Test func aCallerOfOneStoreGivesOnlyWhatItHas() async throws {
    try await Shop.open { shop in
      try await shop.makeStore("shop")
      let caller = Self.caller([.customersRead])
      let made = try create(shop, as: caller, .with { $0.scopes = ["customers:read"] })
      #expect(made.key?.storeID == "shop")
      let more = CreateKeyRequest.with { $0.scopes = ["customers:read", "erase"] }
      let refused = #expect(throws: DomainError.self) { try create(shop, as: caller, more) }
      #expect(refused?.rpcError.code == .permissionDenied)
      #expect(refused?.rpcError.reason == "SCOPE_MISSING")
      #expect(refused?.rpcError.metadata == ["scope": "erase"])
      let every = CreateKeyRequest.with {
        $0.everyStore = true
        $0.scopes = ["customers:read"]
      }
      let wide = #expect(throws: DomainError.self) { try create(shop, as: caller, every) }
      #expect(wide?.rpcError.reason == "EVERY_STORE_NEEDED")
    }
  }

  /// The server's default and the limit of the store bound what a caller of one store gives.
  @Test func aCallerOfOneStoreRaisesNoLimit() async throws {
    try await Shop.open { shop in
      for store in ["shop", "default"] { try await shop.makeStore(store) }
      var defaults = CallerLimits()
      defaults.callsPerSecond = 10
      defaults.scansAtOnce = 2
      var ofStore = CallerLimits()
      ofStore.callsPerSecond = 7
      let account = CallerAccount(subject: .store(.default), limits: ofStore, usage: CallerUsage())
      func principal(_ store: String?) -> Principal {
        Principal(
          store: store.flatMap { StoreID($0) },
          storeAccount: account,
          keyDefaults: defaults
        )
      }
      func request(_ calls: Int32, _ scans: Int32, _ bytes: Int64 = 0) -> CreateKeyRequest {
        .with {
          $0.scopes = ["watch"]
          $0.limits = .with {
            $0.callsPerSecond = calls
            $0.concurrentScans = scans
            $0.bytesPerSecond = bytes
          }
        }
      }
      let admin = principal("shop")
      #expect(try create(shop, as: admin, request(7, 2, 1 << 30)).key?.limits?.callsPerSecond == 7)
      #expect(try create(shop, as: admin, request(0, 0)).key?.limits?.callsPerSecond == 0)
      let error = #expect(throws: InvalidInput.self) {
        try create(shop, as: admin, request(8, 3))
      }
      let violations = error?.violations ?? []
      #expect(violations.map(\.path) == ["limits.calls_per_second", "limits.concurrent_scans"])
      #expect(violations.allSatisfy { $0.error.reason == "LIMIT_OUT_OF_RANGE" })
      #expect(violations.first?.error.message.contains("0 to 7,") == true)
      #expect(violations.last?.error.message.contains("0 to 2,") == true)
      let made = try create(shop, as: principal(nil), request(1_000_000, 1024))
      #expect(made.key?.limits?.callsPerSecond == 1_000_000)
    }
  }

  @Test func aCallerOfOneStoreFindsNoKeyOfAnother() async throws {
    try await Shop.open { shop in
      try await shop.makeStore("shop")
      let foreign = try await shop.makeKey(in: "other").key?.keyID ?? ""
      let request = RevokeKeyRequest.with { $0.keyID = foreign }
      let error = #expect(throws: DomainError.self) {
        try shop.write(
          as: Self.caller([]),
          RevokeKeyResponse.self,
          prepare: { try AdminHandlers.prepareRevokeKey(request, $0) },
          apply: AdminHandlers.revokeKey
        )
      }
      #expect(error?.rpcError.reason == "KEY_NOT_FOUND")
      let list = try await shop.admin.listKeys(.with { $0.storeID = "other" })
      #expect(list.keys.map(\.state) == [.active])
    }
  }
}
