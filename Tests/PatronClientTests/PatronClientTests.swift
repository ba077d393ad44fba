import PatronClient
import Testing

/// `withPatronClient`.
struct PatronClientTests {
  private struct Stop: Error {}

  private func isClosed(_ patron: PatronClient) async -> Bool {
    let error = await #expect(throws: RPCError.self) {
      try await patron.customers.getCustomer(.init())
    }
    return error?.message.contains("closed") == true
  }

  @Test func closesWhenTheBodyReturns() async throws {
    let patron = try await withPatronClient(address: "unix:/nowhere/patron") { $0 }
    #expect(await isClosed(patron))
  }

  @Test func closesWhenTheBodyThrows() async throws {
    var kept: PatronClient?
    await #expect(throws: Stop.self) {
      try await withPatronClient(address: "unix:/nowhere/patron") { patron in
        kept = patron
        throw Stop()
      }
    }
    #expect(await isClosed(try #require(kept)))
  }

  @Test func aMalformedAddressIsInvalid() async throws {
    let error = await #expect(throws: RPCError.self) {
      try await withPatronClient(address: "nonsense") { _ in Issue.record("the body ran") }
    }
    #expect(error?.code == .invalidArgument)
  }

  /// The body shares the isolation of its caller: it may use what is not Sendable.
  @MainActor @Test func theBodyRunsWhereItsCallerDoes() async throws {
    final class Counter { var count = 0 }
    let counter = Counter()
    try await withPatronClient(address: "unix:/nowhere/patron") { _ in
      MainActor.assertIsolated()
      counter.count += 1
    }
    #expect(counter.count == 1)
  }
}
