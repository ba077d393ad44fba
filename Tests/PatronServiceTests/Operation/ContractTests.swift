import PatronProto
import ProtobufC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that the server serves exactly the methods of the contract.
struct ContractTests {
  @Test func everyMethodIsServedOnce() {
    let served = Routes.patron().methods
    let contract = CustomerService.methods + TimelineService.methods
    #expect(Set(served) == Set(contract))
    #expect(served.count == contract.count)
  }

  @Test func everyRequestNamesItsStoreInFieldOne() throws {
    let methods = Contract.services.filter { $0.name.hasPrefix("patron.") }.flatMap(\.methods)
    #expect(methods.count == Routes.patron().methods.count)
    for method in methods {
      let request = try #require(MessageTypes.descriptor(named: method.requestType))
      let first = try #require(request.fields.first { $0.number == 1 })
      #expect(first.name == "store_id", "\(method.requestType)")
    }
  }
}
