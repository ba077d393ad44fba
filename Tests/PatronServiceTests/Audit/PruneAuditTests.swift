import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// Tests of the callers of PruneAudit. `AuditVerificationTests` has those of the removal.
struct PruneAuditTests {
  private static let owner = Peer(address: "unix", isOperator: true)

  private static func request(before time: Int64) -> PruneAuditRequest {
    .with { $0.recordedBefore = .init(micros: time) }
  }

  /// Nobody removes the traces of a key with that key, whatever it may do.
  @Test(arguments: [Gate.Mode.off, .keys])
  func onlyTheOperatorMay(_ mode: Gate.Mode) async throws {
    try await Shop.open { shop in
      let method = AdminService.pruneAudit.method
      let request = try Self.request(before: 1).encoded()
      let key = try await shop.key(of: nil)
      let bench = try GateBench(shop, mode)
      let keyed = try bench.call(method, request, key.metadata)
      #expect(keyed?.code == .permissionDenied && keyed?.reason == "OPERATOR_NEEDED")
      let restricted = try bench.call(method, request, key.metadata, peer: Self.owner)
      #expect(restricted?.reason == "OPERATOR_NEEDED", "a key restricts the operator too")
      let open = try bench.call(method, request)
      #expect(open?.reason == (mode == .off ? "SCOPE_MISSING" : "KEY_MISSING"))
      let empty = try bench.call(method, [], peer: Self.owner)
      #expect(empty?.code == .invalidArgument)
      #expect(try bench.call(method, request, peer: Self.owner) == nil, "it goes to the writer")
    }
  }

  /// A removal in slices would go on with its own rows otherwise.
  @Test func theFutureIsNow() throws {
    let test = CallContext.test()
    let call = CallContext(
      principal: .operator,
      store: .default,
      peer: Self.owner,
      id: test.id,
      now: test.now,
      errors: test.errors
    )
    for (time, expected) in [(test.now + 1, test.now), (test.now, test.now), (7, 7)] {
      let before = try AdminHandlers.preparePruneAudit(Self.request(before: time), call)
      #expect(before == expected)
    }
  }
}
