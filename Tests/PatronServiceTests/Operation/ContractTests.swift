import PatronProto
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// The contract and what is served are one list.
struct ContractTests {
  @Test func everyMethodIsServedOnce() {
    let served = Routes.patron().methods
    let contract = CustomerService.methods + TimelineService.methods
    #expect(Set(served) == Set(contract))
    #expect(served.count == contract.count)
  }
}
