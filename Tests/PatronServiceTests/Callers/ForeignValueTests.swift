import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// Tests that every method with the ids, tokens and positions of another store finds nothing of
/// that store, and changes nothing in it.
@Suite(.timeLimit(.minutes(15)))
struct ForeignValueTests {
  /// The callers of a store.
  enum Caller: CaseIterable {
    /// Somebody without a key, where keys are off.
    case nobody
    /// The holder of a key of the store with all scopes.
    case keyOfTheStore
  }

  private static func methods() -> [ContractMethod] {
    let served = Set(Routes.patron().methods)
    return Contract.services.flatMap(\.methods).filter { served.contains($0.method) }
  }

  /// Opens a shop in which a key that is sent restricts its caller. Calls without a socket would
  /// have no metadata.
  private static func open(_ body: (Shop) async throws -> Void) async throws {
    try await Shop.open(
      usesSocket: true,
      makeGate: {
        Gate(.off, of: $0, failures: AuthenticationFailures(log: LogCollector().log))
      },
      body
    )
  }

  private static func leaks(_ answer: [UInt8], _ other: ForeignStore) -> Bool {
    other.secrets.contains { answer.firstRange(of: Array($0.utf8)) != nil }
  }

  /// Returns the answer, or the error with its details.
  private static func call(
    _ shop: Shop,
    _ method: Method,
    _ request: [UInt8],
    _ options: CallOptions
  ) async -> (answer: [UInt8], error: RPCError?) {
    do throws(RPCError) {
      if method.kind == .unary {
        return (try await shop.client.unary(method, request, options), nil)
      }
      // A watch of nothing would be open forever.
      var options = options
      options.timeout = .seconds(10)
      let stream = try await shop.client.stream(method, request, options)
      var answer = try await stream.next() ?? []
      if method.name.hasPrefix("Export") {
        while let message = try await stream.next() { answer += message }
      }
      stream.cancel()
      return (answer, nil)
    } catch {
      return (Array("\(error)".utf8) + error.details.flatMap(\.value), error)
    }
  }

  @Test(arguments: Caller.allCases, SeededRandom.seeds(1, 2))
  func noMethodFindsOrChangesWhatIsOfAnotherStore(_ caller: Caller, _ seed: UInt64) async throws {
    try await Self.open { shop in
      let two = try await ForeignStore(shop, "two")
      var values = try await two.fill()
      try await shop.make(stores: "one")
      let own = try await shop.key(of: "one")
      let options = caller == .nobody ? CallOptions(retries: false) : own.options
      let before = try await two.view()
      #expect(before.count(where: { $0.contains(ForeignStore.mark) }) >= 9)
      let rows = try shop.audit().count(where: { $0.store == "two" })
      var random = SeededRandom(seed: seed)
      for contract in Self.methods() {
        let type = try #require(MessageTypes.descriptor(named: contract.requestType))
        for _ in 0..<(contract.method.kind == .unary ? 40 : 5) {
          let request = values.request(type, in: "one", &random)
          let (answer, error) = await Self.call(shop, contract.method, request, options)
          let text = "\(contract.method), seed \(seed): \(error.map { "\($0)" } ?? "an answer")"
          #expect(!Self.leaks(answer, two), "\(text)")
          #expect(error?.code != .resourceExhausted && error?.code != .unauthenticated, "\(text)")
        }
      }
      #expect(try await two.view() == before)
      #expect(try shop.audit().count(where: { $0.store == "two" }) == rows)
    }
  }

  /// Every field of a request that names something, or says where to go on, has values of the other
  /// store in the test above.
  @Test func everyFieldThatNamesSomethingHasAValue() async throws {
    try await Self.open { shop in
      var values = try await ForeignStore(shop, "two").fill()
      var fields: Set<String> = []
      for contract in Self.methods() {
        let type = try #require(MessageTypes.descriptor(named: contract.requestType))
        Self.collect(type, depth: 0, into: &fields)
      }
      #expect(
        fields.isSuperset(of: ["page_token", "after_sequence", "key_id", "merge_id", "etag"])
      )
      // Only orders of more than 1 MiB have parts: see LargeOrderTests.
      fields.remove("part_token")
      for field in fields.sorted() {
        let found = values.values(for: field)
        #expect(!found.isEmpty, "\(field)")
      }
    }
  }

  private static func collect(
    _ type: MessageDescriptor,
    depth: Int,
    into fields: inout Set<String>
  ) {
    guard depth <= 5 else { return }
    for field in type.fields {
      if let message = field.message { collect(message, depth: depth + 1, into: &fields) }
      let names = ["id", "token", "etag", "sequence", "email", "phone_number"]
      let isNaming = names.contains { field.name == $0 || field.name.hasSuffix("_" + $0) }
      if isNaming, field.type == .string || field.type == .int64 { fields.insert(field.name) }
    }
  }
}
