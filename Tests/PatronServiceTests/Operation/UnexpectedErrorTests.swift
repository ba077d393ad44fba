import PatronProto
import PatronStore
import ProtobufC
import SQLite
import Synchronization
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of unexpected errors of handlers.
struct UnexpectedErrorTests {
  /// An error without a mapping to a status.
  private struct Surprise: Error, CustomStringConvertible {
    var description: String { "ada@example.com" }
  }

  /// Returns routes whose handlers fail in every lane.
  private static func failing() -> Routes {
    var routes = Routes { _ in "" }
    routes.point(CustomerService.getCustomer) { _, _, _ in throw Surprise() }
    routes.write(
      CustomerService.upsertCustomer,
      prepare: { _, _ in true },
      apply: { _, _, _ in throw Surprise() }
    )
    routes.write(
      CustomerService.updateCustomer,
      prepare: { _, _ in true },
      apply: { _, context, _ in
        try context.transaction.run(Query("INSERT INTO sequences VALUES ('left', 1)"))
        throw Surprise()
      }
    )
    routes.write(
      CustomerService.mergeCustomers,
      prepare: { _, _ -> Bool in throw Surprise() },
      apply: { _, _, _ in }
    )
    routes.write(
      CustomerService.batchUpsertCustomers,
      prepare: { request, _ in
        try Batch(request.customers, field: "customers") { input, _ in
          if input.firstName == "odd" { throw Surprise() }
          return true
        }.checked()
      },
      apply: { batch, context, response in
        var pieces = BatchPieces<_, _, BatchUpsertCustomersResponse>(batch) { _, _, _ in
          .with { $0.outcome = .created }
        }
        try response.append(try pieces.applyPiece(in: context))
      }
    )
    routes.steppedWrite(
      CustomerService.deleteCustomer,
      prepare: { _, _ in true },
      apply: { _, _, _ in .more { _, _ in throw Surprise() } }
    )
    routes.scan(
      CustomerService.exportCustomers,
      prepare: { _, _ in true },
      run: { _, _, _ in throw Surprise() }
    )
    return routes
  }

  /// Checks that the log has the id of an error with its method.
  private func check(_ error: RPCError, _ log: LogCollector, _ method: Method) throws {
    #expect(error.code == .internal && error.reason == "INTERNAL", "\(method)")
    let id = try #require(error.metadata["request_id"])
    #expect(id.count == 16 && error.message.contains(id), "\(method)")
    #expect(!error.message.contains("@") && !error.message.contains("no more to say"))
    let line = try #require(log.messages.first { $0.contains(id) })
    #expect(line.hasPrefix("\(method) failed unexpectedly: "), "\(line)")
    #expect(line.contains("Surprise call=\(id) method=\(method) code=INTERNAL"), "\(line)")
    #expect(!line.contains("@"), "the type of the error, never what it says")
  }

  @Test func everyLaneNamesTheIDThatTheLogHas() async throws {
    let log = LogCollector()
    try await Shop.open(routes: Self.failing(), log: log) { shop in
      let client = shop.customers
      let calls: [(Method, () async throws -> Void)] = [
        (CustomerService.getCustomer.method, { _ = try await client.getCustomer(.init()) }),
        (CustomerService.upsertCustomer.method, { _ = try await client.upsertCustomer(.init()) }),
        (CustomerService.updateCustomer.method, { _ = try await client.updateCustomer(.init()) }),
        (CustomerService.mergeCustomers.method, { _ = try await client.mergeCustomers(.init()) }),
        (CustomerService.deleteCustomer.method, { _ = try await client.deleteCustomer(.init()) }),
        (
          CustomerService.exportCustomers.method,
          { for try await _ in try await client.exportCustomers(.init()) {} }
        ),
      ]
      for (method, call) in calls {
        try check(try await failure("\(method)") { try await call() }, log, method)
      }
      #expect(log.messages.count == calls.count, "each once")
      #expect(Set(log.messages).count == calls.count)
      #expect(try shop.rows("SELECT name FROM sequences WHERE name = 'left'", columns: 1).isEmpty)
    }
  }

  @Test func anItemOfABatchNamesItsOwn() async throws {
    let log = LogCollector()
    try await Shop.open(routes: Self.failing(), log: log) { shop in
      let answer = try await shop.customers.batchUpsertCustomers(
        .with { $0.customers = ["a", "odd", "b"].map { name in .with { $0.firstName = name } } }
      )
      #expect(answer.results.map(\.outcome) == [.created, .unspecified, .created])
      let error = try #require(answer.results[1].error).asError
      try check(error, log, CustomerService.batchUpsertCustomers.method)
      #expect(log.messages.count == 1)
    }
  }

  @Test func expectedErrorsAreNotReported() async throws {
    let log = LogCollector()
    try await Shop.open(log: log) { shop in
      let missing = try await failure { try await shop.customer(.id(7)) }
      #expect(missing.code == .notFound && missing.metadata["request_id"] == nil)
      _ = try await violations { try await shop.upsert { $0.email = "nobody" } }
      #expect(log.messages.isEmpty)
      // A damaged record is an unexpected error too, because the operator must be notified.
      try await shop.upsert { $0.email = "a@example.com" }
      try await shop.sync(.of("o1", 100)) { $0.email = "a@example.com" }
      try await shop.tamper("UPDATE orders SET body = ?1", [0xFF, 0xFF])
      let damaged = try await failure {
        try await shop.sync(.of("o1", 200)) { $0.email = "a@example.com" }
      }
      #expect(damaged.code == .dataLoss && damaged.reason == "DATABASE_DAMAGED")
      let line = try #require(log.messages.first)
      let id = try #require(damaged.metadata["request_id"])
      #expect(line.contains(id) && log.messages.count == 1)
      #expect(line.hasPrefix("\(TimelineService.syncOrder.method) "))
      #expect(line.contains("cannot be decoded"))
    }
  }
}
