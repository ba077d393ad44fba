import PatronClient
import Testing

@testable import patron

/// Tests of `patron call`, `list`, `describe` and `health`.
struct CallCommandTests {
  private func server() -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.getCustomer) { request in
      .with {
        $0.customer = .with { $0.id = 9_007_199_254_740_993 }
        $0.channels = [.with { $0.source = request.storeID }]
      }
    }
    return server
  }

  @Test(arguments: [
    "patron.v1.CustomerService/GetCustomer", "patron.v1.CustomerService.GetCustomer",
    "CustomerService/GetCustomer", "GetCustomer", "getcustomer",
  ])
  func findsTheMethod(_ name: String) async throws {
    let server = server()
    let outcome = try await patron(
      "call",
      name,
      #"{"customer": {"externalId": "42"}}"#,
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      outcome.out == """
        {
          "customer": {
            "id": "9007199254740993"
          },
          "channels": [
            {}
          ]
        }

        """
    )
    let request = try server.requests(GetCustomerRequest.self, "GetCustomer").first
    #expect(request?.customer == .externalID("42"))
  }

  @Test func takesTheRequestFromEverywhere() async throws {
    let server = server()
    let text = #"{"customer": {"id": 5}, "storeId": "mine"}"#
    let file = try TemporaryFile(text)
    for arguments in [["-d", "@\(file.path)"], ["-"], ["--data", "@"], ["@\(file.path)"]] {
      let outcome = try await patron(
        ["call", "GetCustomer", "-o", "ndjson", "--store", "other"] + arguments,
        server: server,
        input: text
      )
      #expect(outcome.status == 0, "\(outcome.err)")
      #expect(outcome.out.contains(#""source":"mine""#))
    }
    let fallback = try await patron(
      "call",
      "GetCustomer",
      "-o",
      "ndjson",
      "--store",
      "other",
      "-H",
      "Trace: a b",
      server: server
    )
    #expect(fallback.out.contains(#""source":"other""#))
    #expect(server.calls.last?.options.metadata["trace"] == "a b")
  }

  @Test func printsEveryMessageOfAStream() async throws {
    let server = FakeServer()
    server.handle("Watch") { _, _ throws(RPCError) in
      let messages: [GRPCHealth.HealthCheckResponse] = [
        .with { $0.status = .serving }, .with { $0.status = .notServing },
      ]
      return [try FakeServer.encode(messages[0]), try FakeServer.encode(messages[1])]
    }
    let outcome = try await patron("call", "Health/Watch", "-o", "ndjson", server: server)
    #expect(outcome.out == "{\"status\":\"SERVING\"}\n{\"status\":\"NOT_SERVING\"}\n")
    let health = try await patron("health", "--watch", server: server)
    #expect(health.out == "SERVING\nNOT_SERVING\n")
  }

  @Test(arguments: [
    ("CustomerService", "patron.v1.CustomerService"), ("no.such.Service", "no.such.Service"),
  ])
  func healthTakesTheEndOfAName(given: String, asked: String) async throws {
    let server = FakeServer()
    server.handle("Check") { _, _ throws(RPCError) in
      [try FakeServer.encode(GRPCHealth.HealthCheckResponse.with { $0.status = .serving })]
    }
    let outcome = try await patron("health", given, "-v", server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    let requests = try server.requests(GRPCHealth.HealthCheckRequest.self, "Check")
    #expect(requests.map(\.service) == [asked])
    #expect(outcome.err.contains(#/ OK in \d+\.\d ms\n/#), "\(outcome.err)")
  }

  @Test func explainsWhatIsWrong() async throws {
    let unknown = try await patron("call", "GetCustomr", "{}")
    #expect(unknown.status == 2)
    #expect(unknown.err.contains("did you mean `GetCustomer`?"))
    let ambiguous = try await patron("call", "List", "{}")
    #expect(ambiguous.status == 2 || ambiguous.status == 76, "\(ambiguous.err)")
    let field = try await patron("call", "GetCustomer", "{\n \"custmer\": {}}")
    #expect(
      field.err == """
        error: request, line 2, column 2: unknown field `custmer` in \
        patron.v1.GetCustomerRequest; did you mean `customer`?

        """
    )
    let allowed = try await patron(
      "call",
      "GetCustomer",
      #"{"custmer": {}}"#,
      "--allow-unknown-fields",
      "--emit-defaults",
      server: server()
    )
    #expect(allowed.status == 0, "\(allowed.err)")
    #expect(allowed.out.contains(#""provenance": []"#))
  }

  @Test func listsAndDescribes() async throws {
    let services = try await patron("list")
    #expect(services.out.contains("patron.v1.CustomerService"))
    #expect(services.out.contains("grpc.health.v1.Health"))
    let methods = try await patron("list", "CustomerService", columns: 80)
    #expect(methods.out.contains("patron.v1.CustomerService/UpsertCustomer"))
    #expect(methods.out.contains("responses"))
    #expect(methods.out.split(separator: "\n").allSatisfy { TextWidth.columns(String($0)) <= 80 })
    let message = try await patron("describe", "CustomerRef")
    #expect(message.out.hasPrefix("// patron.v1.CustomerRef is a message:\n"))
    #expect(message.out.contains("oneof ref {"))
    #expect(try await patron("describe").out.contains("patron.v1.CustomerInput\n"))
    let near = try await patron("describe", "CustomerInptu")
    #expect(near.err.contains("did you mean `CustomerInput`?"))
  }

  @Test func tellsHealth() async throws {
    let server = FakeServer()
    server.on(GRPCHealth.Health.check) { request in
      .with { $0.status = request.service.isEmpty ? .serving : .notServing }
    }
    let serving = try await patron("health", server: server)
    #expect(serving.status == 0)
    #expect(serving.out == "SERVING\n")
    let not = try await patron("health", "patron.v1.CustomerService", "-o", "json", server: server)
    #expect(not.status == 1)
    #expect(not.out == "{\n  \"status\": \"NOT_SERVING\"\n}\n")
    #expect(not.err.isEmpty)
    #expect(try await patron("health").status == 76)
  }
}
