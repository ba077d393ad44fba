import PatronModel
import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that the server serves exactly the methods of the contract, and that the contract says of
/// each what callers and the server need to know.
struct ContractTests {
  private static let ours = Contract.services.filter { $0.name.hasPrefix("patron.") }

  @Test func everyMethodIsServedOnce() {
    let served = Routes.patron().methods
    let contract =
      CustomerService.methods + TimelineService.methods + AdminService.methods
      + OperationsService.methods
    #expect(Set(served) == Set(contract))
    #expect(served.count == contract.count)
  }

  @Test func everyRequestNamesItsStoreInFieldOne() throws {
    let methods = Self.ours.flatMap(\.methods)
    #expect(methods.count > 50)
    for method in methods {
      let request = try #require(MessageTypes.descriptor(named: method.requestType))
      let first = try #require(request.fields.first { $0.number == 1 })
      #expect(first.name == "store_id", "\(method.requestType)")
    }
  }

  @Test func everyMethodNeedsOneScope() throws {
    var methods: [Scope: [String]] = [:]
    for method in Self.ours.flatMap(\.methods) {
      let scope = try #require(Scope(rawValue: method.scope), "\(method.method): \(method.scope)")
      methods[scope, default: []].append(method.method.name)
    }
    // Rights of keys that are in use: a method that moves to another scope opens or closes it.
    #expect(methods[.export] == ["ExportCustomers", "ExportTimeline"])
    #expect(methods[.erase] == ["DeleteCustomer"])
    #expect(methods[.settings] == ["UpdateStoreSettings"])
    #expect(methods[.watch] == ["WatchTimeline"])
    #expect(methods[.admin] == (AdminService.methods + OperationsService.methods).map(\.name))
    #expect(
      methods[.consentWrite] == [
        "SubscribeCustomer", "ConfirmSubscription", "UnsubscribeCustomer", "SuppressCustomer",
        "UnsuppressCustomer", "ImportSuppressions",
      ]
    )
    #expect(Set(methods.keys) == Set(Scope.allCases))
  }

  @Test func scopesOfReadsReadAndScopesOfWritesWrite() throws {
    let reads: Set<Scope> = [.customersRead, .timelineRead, .export, .watch]
    for method in Self.ours.flatMap(\.methods) where method.scope != Scope.admin.rawValue {
      let scope = try #require(Scope(rawValue: method.scope))
      let isRead = method.method.idempotency == .noSideEffects
      #expect(reads.contains(scope) == isRead, "\(method.method): \(scope)")
    }
  }

  @Test func otherInterfacesNeedNoScope() {
    for service in Contract.services where !service.name.hasPrefix("patron.") {
      let scopes = service.methods.map(\.scope).filter { !$0.isEmpty }
      #expect(scopes.isEmpty, "\(service.name)")
    }
  }

  @Test func theContractListsTheScopes() throws {
    let rules = try #require(Contract.declaration(of: "patron.v1")).text
    let listed = rules.matches(of: #/[*] `([a-z:]+)`:/#).map { String($0.1) }
    #expect(listed == Scope.allCases.map(\.rawValue))
  }
}
