import PatronProto
import ProtobufC
import TTRPC
import Testing

@Suite struct ContractTests {
  @Test func everyMethodHasItsTypes() throws {
    let methods = Contract.services.flatMap(\.methods)
    #expect(!methods.isEmpty)
    for method in methods {
      #expect(MessageTypes.descriptor(named: method.requestType) != nil, "\(method.method)")
      #expect(MessageTypes.descriptor(named: method.responseType) != nil, "\(method.method)")
      #expect(!method.summary.isEmpty, "\(method.method)")
      #expect(Contract.method(method.method)?.requestType == method.requestType)
      #expect(Contract.declaration(of: method.method.description)?.kind == .method)
    }
    let tables =
      AdminService.methods + CustomerService.methods + TimelineService.methods
      + OperationsService.methods + GRPCHealth.Health.methods
    #expect(Set(methods.map(\.method)) == Set(tables))
  }

  @Test func methodsHaveTheirKindAndIdempotency() {
    #expect(CustomerService.getCustomer.method.idempotency == .noSideEffects)
    #expect(CustomerService.upsertCustomer.method.idempotency == .idempotent)
    #expect(CustomerService.deleteCustomer.method.idempotency == .unknown)
    #expect(CustomerService.exportCustomers.method.kind == .serverStreaming)
    #expect(GRPCHealth.Health.watch.method.description == "grpc.health.v1.Health/Watch")
  }

  @Test func symbolsAreFound() throws {
    let method = try #require(Contract.declaration(of: "patron.v1.CustomerService/GetCustomer"))
    #expect(method.text.contains("rpc GetCustomer(GetCustomerRequest) returns"))
    #expect(method.text.contains("option idempotency_level = NO_SIDE_EFFECTS;"))
    #expect(method.text.contains("option (patron.v1.scope) = \"customers:read\";"))
    let customer = try #require(Contract.declaration(of: "patron.v1.Customer"))
    #expect(customer.kind == .message)
    #expect(customer.text.contains("  optional string external_id = 2;"))
    #expect(Contract.declaration(of: "patron.v1.Actor")?.kind == .enumeration)
    #expect(Contract.declaration(of: "patron.v1")?.text.hasSuffix("package patron.v1;") == true)
    #expect(Contract.declaration(of: "patron.v1.Nothing") == nil)
    #expect(Contract.method(named: "patron.v1.CustomerService.GetCustomer") != nil)
    #expect(Contract.method(named: "patron.v1.CustomerService/Get") == nil)
    #expect(Contract.method(named: "nothing") == nil)
    #expect(Contract.symbols == Contract.symbols.sorted())
    for name in MessageTypes.all.map(\.name) {
      #expect(Contract.declaration(of: name) != nil, "\(name)")
    }
  }

  @Test func everyMessageHasAStructOfItsOwn() throws {
    let arena = Arena()
    for type in MessageTypes.all {
      #expect(MessageTypes.descriptor(named: type.name) == type)
      #expect(type.fields.count <= 128, "\(type.name)")
      let message = try type.makeStruct(in: arena)
      #expect(type.packedSize(message) == 0, "\(type.name)")
    }
    #expect(Set(MessageTypes.all).count == MessageTypes.all.count)
  }
}
