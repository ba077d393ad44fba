import PatronProto
import Testing

@testable import PatronServer
@testable import PatronService

/// Tests of the requests that use the reserve of a full disk.
struct ReserveUseTests {
  @Test func deletionsDo() {
    #expect(DeleteCustomerRequest.usesReserve)
    #expect(DeleteEventRequest.usesReserve)
    #expect(DeleteOrderRequest.usesReserve)
  }

  @Test func otherRequestsDoNot() {
    #expect(!UpsertCustomerRequest.usesReserve)
    #expect(!BatchRecordEventsRequest.usesReserve)
    #expect(!MergeCustomersRequest.usesReserve)
    #expect(!SuppressCustomerRequest.usesReserve)
  }
}
