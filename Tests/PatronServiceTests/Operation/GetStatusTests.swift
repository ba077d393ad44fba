import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// GetStatus of OperationsService.
struct GetStatusTests {
  @Test func theStatusHasTheTimeAndTheNumberOfStores() async throws {
    try await Shop.open { shop in
      for name in ["one", "two"] { try await shop.makeStore(name) }
      let status = try await OperationsServiceClient(channel: shop.client).getStatus(.init())
      #expect(status.storeCount == 2)
      #expect(status.now != nil)
    }
  }

  @Test func aCallerOfOneStoreIsRefused() async throws {
    try await Shop.open { shop in
      let store = try #require(StoreID("shop"))
      let context = CallContext.test(as: Principal(store: store), in: store)
      #expect {
        try shop.store.read { transaction in
          var response = ResponseBuffer()
          try OperationsHandlers.getStatus(
            { GetStatusResponse() },
            ReadContext(call: context, transaction: transaction),
            &response
          )
        }
      } throws: { error in
        let status = RPCError.from(error)
        return status.code == .permissionDenied && status.reason == "EVERY_STORE_NEEDED"
      }
    }
  }
}
