import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// All clients that come with Patron, over TLS and with keys.
  @Suite(.enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install"))
  struct KeyedClientTests {
    private let folder = TemporaryDirectory()
    private var data: String { folder.file("data") }

    /// A server of TLS that wants keys, and the variables by which programs get in.
    private func start(_ scopes: String) async throws -> (PatronServer, [String: String]) {
      let common = try TestCertificates.common()
      let server = try await PatronServer.startWithKeys(data: data, certificate: common.server)
      let variables = [
        "PATRON_ADDRESS": server.address, "PATRON_TLS_CA": common.authority.certificate,
        "PATRON_KEY": try await PatronServer.makeKey(data: data, scopes: scopes),
      ]
      return (server, variables)
    }

    @Test(
      "The command line, the load tester and the Python example get in",
      .timeLimit(.minutes(5))
    )
    func programs() async throws {
      let (server, variables) = try await start("all")
      #expect(server.address.hasPrefix("tls://"), "\(server.address)")
      let made = try await Programs.patron(
        ["customers", "upsert", "--external-id", "42", "--email", "ada@example.com"],
        environment: variables
      )
      #expect(made.exit == .status(0) && made.errors.isEmpty, "\(made)")
      let loaded = try await Programs.run(
        try Installation.program("patron-load"),
        [
          "GetCustomer", "-c", "4", "-n", "100", "--warmup", "0", "--data",
          #"{"customer":{"externalId":"42"}}"#,
        ],
        environment: variables
      )
      #expect(loaded.exit == .status(0), "\(loaded)")
      if let python = Tool.find("python3") {
        let read = try await Programs.run(
          python,
          [RepositoryRoot.file("examples/python/patron_client.py"), "get", "42"],
          environment: variables.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        )
        #expect(read.exit == .status(0), "\(read)")
        #expect(read.output.contains("ada@example.com"), "\(read)")
        let other = try await Programs.run(
          python,
          [RepositoryRoot.file("examples/python/patron_client.py"), "get", "42"],
          environment: variables.merging(
            ["PYTHONDONTWRITEBYTECODE": "1", "PATRON_STORE": "other"]
          ) { $1 }
        )
        #expect(other.errors.contains("STORE_NOT_YOURS"), "\(other)")
      }
      let secret = try #require(variables["PATRON_KEY"])
      for text in [made.output, loaded.output, server.errors] { #expect(!text.contains(secret)) }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("Refusals have their exit statuses and reasons", .timeLimit(.minutes(5)))
    func refusals() async throws {
      let (server, variables) = try await start("read")
      func patron(_ change: (inout [String: String]) -> Void) async throws -> Finished {
        var variables = variables
        change(&variables)
        return try await Programs.patron(
          ["customers", "upsert", "--external-id", "42"],
          environment: variables
        )
      }
      let scope = try await patron { _ in }
      #expect(scope.exit == .status(71), "\(scope)")
      #expect(scope.errors.contains("SCOPE_MISSING"), "\(scope)")
      let none = try await patron { $0["PATRON_KEY"] = nil }
      #expect(none.exit == .status(80), "\(none)")
      #expect(none.errors.contains("KEY_MISSING"), "\(none)")
      let wrong = try await patron { $0["PATRON_KEY"] = "patron_wrong" }
      #expect(wrong.exit == .status(80), "\(wrong)")
      let untrusted = try await patron { $0["PATRON_TLS_CA"] = nil }
      #expect(untrusted.exit == .status(78), "\(untrusted)")
      #expect(untrusted.errors.contains("TLS_UNKNOWN_CA"), "\(untrusted)")
      let plain = try await patron {
        $0["PATRON_ADDRESS"] = String(server.address.dropFirst("tls://".count))
      }
      #expect(plain.exit == .status(73), "\(plain)")
      #expect(plain.errors.contains("call it as tls://HOST:PORT"), "\(plain)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// A server takes small requests only until it knows the caller.
    @Test("A large first request gets in", .timeLimit(.minutes(5)))
    func largeFirstRequest() async throws {
      let (server, variables) = try await start("all")
      let key = try ClientKey(try #require(variables["PATRON_KEY"]))
      let tls = PatronClient.TLS(caFile: variables["PATRON_TLS_CA"])
      let outcomes = try await withPatronClient(address: server.address, key: key, tls: tls) {
        let response = try await $0.customers.batchUpsertCustomers(
          .with {
            $0.customers = (0..<500).map { number in
              CustomerInput.with { $0.email = "c\(number)@example.com" }
            }
          }
        )
        return response.results.count
      }
      #expect(outcomes == 500)
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }
  }
}
