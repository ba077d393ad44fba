import PatronProto
import PatronService
import TTRPC
import TTRPCNIO
import Testing

/// The rest of the contract answers that it is not served.
struct UnimplementedTests {
  private static let served: Set<String> = [
    "CountCustomers", "ListFilters", "UpsertCustomer", "BatchUpsertCustomers", "GetCustomer",
    "ListCustomers",
    "ExportCustomers",
    "RecordEvent", "BatchRecordEvents", "SyncOrder", "BatchSyncOrders", "GetTimeline", "GetEvent",
    "SubscribeCustomer", "ConfirmSubscription", "UnsubscribeCustomer", "SuppressCustomer",
    "UnsuppressCustomer", "ListConsentHistory", "GetStoreSettings", "UpdateStoreSettings",
    "UpdateCustomer", "UpdateTags", "BatchGetCustomers", "ListOrders", "GetOrder", "SyncRefund",
    "SyncFulfillment", "SyncCheckout", "ListEventTypes", "RegisterEventType",
    "WatchTimeline", "ImportCustomers", "ExportTimeline", "MergeCustomers", "UnmergeCustomers",
    "DeleteCustomer",
  ]

  @Test func everyOtherMethodSaysSo() async throws {
    try await Shop.open { shop in
      var count = 0
      for method in CustomerService.methods + TimelineService.methods
      where !Self.served.contains(method.name) {
        let error = try await failure("\(method)") {
          if method.kind == .unary { return try await shop.client.unary(method, [], .init()) }
          return try await shop.client.stream(method, [], .init()).next() ?? []
        }
        #expect(error.code == .unimplemented, "\(method)")
        #expect(error.reason == "METHOD_UNIMPLEMENTED", "\(method)")
        count += 1
      }
      let all = CustomerService.methods.count + TimelineService.methods.count
      #expect(count == all - Self.served.count)
    }
  }
}
