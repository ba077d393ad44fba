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

/// The methods of AdminService about stores.
struct StoreHandlerTests {
  @Test func aStoreIsMadeOnce() async throws {
    try await Shop.open { shop in
      let made = try await shop.admin.createStore(.with { $0.storeID = "shop" })
      let store = try #require(made.store)
      #expect(store.storeID == "shop" && store.createdAt != nil && store.customerCount == 0)
      let again = try await failure {
        try await shop.admin.createStore(.with { $0.storeID = "shop" })
      }
      #expect(again.code == .alreadyExists && again.reason == "STORE_EXISTS")
      #expect(
        try await violations { try await shop.admin.createStore(.with { _ in }) }
          == [Broken("store_id", "FIELD_REQUIRED")]
      )
      #expect(
        try await violations { try await shop.admin.createStore(.with { $0.storeID = "A B" }) }
          == [Broken("store_id", "STORE_ID_MALFORMED")]
      )
    }
  }

  @Test func storesHavePagesByName() async throws {
    try await Shop.open { shop in
      let long = String(repeating: "z", count: 64)
      for name in ["shop-b", long, "a", "shop"] { try await shop.makeStore(name) }
      try await shop.upsert(in: "shop") { $0.email = "c1@example.com" }
      _ = try await shop.makeKey(in: "shop")
      var request = ListStoresRequest.with { $0.pageSize = 1 }
      var listed: [StoreInfo] = []
      repeat {
        let page = try await shop.admin.listStores(request)
        listed += page.stores
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(listed.map(\.storeID) == ["a", "shop", "shop-b", long])
      #expect(listed.map(\.customerCount) == [0, 1, 0, 0])
      #expect(listed.map(\.keyCount) == [0, 1, 0, 0])
    }
  }

  @Test func aDeletedStoreLeavesNothing() async throws {
    try await Shop.open { shop in
      for store in ["gone", "kept"] {
        _ = try await shop.makeKey(in: store)
        for number in 0..<30 {
          try await shop.upsert(in: store) {
            $0.externalID = "c\(number)"
            $0.email = "c\(number)@\(store).example.com"
          }
        }
      }
      let request = DeleteStoreRequest.with {
        $0.storeID = "gone"
        $0.confirmStoreID = "gone"
      }
      let deleted = try await shop.admin.deleteStore(request)
      #expect(deleted.store?.customerCount == 30 && deleted.store?.keyCount == 1)
      #expect(deleted.deletedAt != nil)
      let stores = try await shop.admin.listStores(.with { _ in }).stores
      #expect(stores.map(\.storeID) == ["kept"])
      #expect(!(try shop.image(without: "store_sequences", "audit").contains("'gone'")))
      #expect(!(try shop.image().contains("gone.example.com")))
      #expect(try await shop.list(in: "kept", size: 100).customers.count == 30)
      #expect(try await shop.list(in: "gone").customers.isEmpty)
      let unknown = try await failure { try await shop.admin.deleteStore(request) }
      #expect(unknown.code == .notFound && unknown.reason == "STORE_UNKNOWN")
    }
  }

  @Test func aDeletionIsConfirmed() async throws {
    try await Shop.open { shop in
      try await shop.makeStore("shop")
      for confirmation in ["", "shop-b"] {
        let broken = try await violations {
          try await shop.admin.deleteStore(
            .with {
              $0.storeID = "shop"
              $0.confirmStoreID = confirmation
            }
          )
        }
        #expect(broken == [Broken("confirm_store_id", "CONFIRMATION_MISMATCH")])
      }
      #expect(
        try await violations { try await shop.admin.deleteStore(.with { _ in }) }
          == [Broken("store_id", "FIELD_REQUIRED")]
      )
      #expect(try await shop.admin.listStores(.with { _ in }).stores.count == 1)
    }
  }

  @Test func aMisspelledNameIsCorrected() async throws {
    try await Shop.open { shop in
      try await shop.makeStore("shop-berlin")
      let error = try await failure {
        try await shop.admin.createKey(
          .with {
            $0.storeID = "shop-berlim"
            $0.scopes = ["watch"]
          }
        )
      }
      #expect(error.code == .notFound && error.reason == "STORE_UNKNOWN")
      #expect(error.metadata["nearest"] == "shop-berlin")
    }
  }

  @Test func onlyCallersOfEveryStoreManageStores() async throws {
    try await Shop.open { shop in
      let caller = Principal(store: StoreID("shop"), scopes: .all)
      let request = CreateStoreRequest.with { $0.storeID = "shop" }
      let error = #expect(throws: DomainError.self) {
        try shop.write(
          as: caller,
          CreateStoreResponse.self,
          prepare: { try AdminHandlers.prepareCreateStore(request, $0) },
          apply: AdminHandlers.createStore
        )
      }
      #expect(error?.rpcError.code == .permissionDenied)
      #expect(error?.rpcError.reason == "EVERY_STORE_NEEDED")
    }
  }

  @Test func aStoreDoesNotRaiseItsOwnLimits() throws {
    let store = try #require(StoreID("shop"))
    let request = UpdateStoreSettingsRequest.with {
      $0.storeID = "shop"
      $0.settings = .with { $0.limits = .with { $0.callsPerSecond = 1_000_000 } }
    }
    let own = CallContext.test(as: Principal(store: store), in: store)
    let error = #expect(throws: DomainError.self) {
      try CustomerHandlers.prepareSettings(request, own)
    }
    #expect(error?.rpcError.reason == "EVERY_STORE_NEEDED")
    let others = CallContext.test(as: .operator, in: store)
    let update = try CustomerHandlers.prepareSettings(request, others)
    #expect(update.settings.limits?.callsPerSecond == 1_000_000)
  }
}
