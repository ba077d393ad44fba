import PatronProto
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronServer
@testable import PatronService

/// Tests of the metadata `traceparent`.
struct TraceIDTests {
  private static let trace = "0af7651916cd43dd8448eb211c80319c"
  private static let parent = "00-\(trace)-b7ad6b7169203331-01"

  @Test func aValidOneIsRead() {
    #expect(TraceID(traceparent: Array(Self.parent.utf8))?.description == Self.trace)
    let low = "00-00000000000000000000000000000001-0000000000000001-00"
    #expect(TraceID(traceparent: Array(low.utf8))?.description.suffix(2) == "01")
  }

  @Test(arguments: [
    "", "00", "01-\(trace)-b7ad6b7169203331-01", "ff-\(trace)-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-\(trace)-0000000000000000-01", "00-\(trace.uppercased())-b7ad6b7169203331-01",
    "00-\(trace)-b7ad6b7169203331-0g", "00-\(trace)-b7ad6b7169203331-01-more",
    "00-\(trace)-b7ad6b7169203331-01 ", "00_\(trace)-b7ad6b7169203331-01",
    "00-zqmarilo16cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ])
  func othersAreIgnored(_ text: String) {
    #expect(TraceID(traceparent: Array(text.utf8)) == nil)
  }

  /// The traces that an error of each lane names.
  private static func traces(
    _ shop: Shop,
    _ options: CallOptions
  ) async throws -> [String?] {
    let get = GetCustomerRequest.with { $0.customer = .with { $0.ref = .id(7) } }
    let update = UpdateCustomerRequest.with {
      $0.id = 7
      $0.customer = .with { $0.firstName = "Ada" }
    }
    let errors = [
      try await failure("a read") {
        _ = try await shop.client.unary(
          CustomerService.getCustomer.method,
          try get.encoded(),
          options
        )
      },
      try await failure("a write") {
        _ = try await shop.client.unary(
          CustomerService.updateCustomer.method,
          try update.encoded(),
          options
        )
      },
    ]
    #expect(errors.allSatisfy { $0.code == .notFound })
    return errors.map { $0.metadata["trace_id"] }
  }

  @Test func errorsNameTheTrace() async throws {
    try await Shop.open(usesSocket: true) { shop in
      var options = CallOptions(retries: false)
      options.metadata.append("traceparent", Self.parent)
      let one = try await Self.traces(shop, options)
      #expect(one == [Self.trace, Self.trace])
      options.metadata.append("traceparent", Self.parent)
      let several = try await Self.traces(shop, options)
      #expect(several == [nil, nil], "several are none")
      let none = try await Self.traces(shop, CallOptions(retries: false))
      #expect(none == [nil, nil])
    }
  }

  @Test func unexpectedErrorsHaveTheTraceInTheLog() async throws {
    struct Surprise: Error {}
    var routes = Routes { _ in "" }
    routes.point(CustomerService.getCustomer) { _, _, _ in throw Surprise() }
    routes.write(
      CustomerService.upsertCustomer,
      prepare: { _, _ in true },
      apply: { _, _, _ in throw Surprise() }
    )
    let log = LogCollector()
    try await Shop.open(usesSocket: true, routes: routes, log: log) { shop in
      var options = CallOptions(retries: false)
      options.metadata.append("traceparent", Self.parent)
      for method in [CustomerService.getCustomer.method, CustomerService.upsertCustomer.method] {
        let error = try await failure("\(method)") {
          _ = try await shop.client.unary(method, [], options)
        }
        #expect(error.metadata["trace_id"] == Self.trace && error.code == .internal)
        let id = try #require(error.metadata["request_id"])
        let line = try #require(log.messages.first { $0.contains("call=\(id)") })
        #expect(line.hasSuffix("trace_id=\(Self.trace)"), "\(line)")
      }
    }
  }
}
