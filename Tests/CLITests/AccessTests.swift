import Foundation
import PatronClient
import TestKit
import Testing

@testable import patron

/// TLS and keys of commands.
struct AccessTests {
  private static let secret = String(repeating: "s", count: 49)
  private static let key = "patron_0a_\(secret)"

  private func server() -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.listCustomers) { _ in ListCustomersResponse() }
    return server
  }

  private func refusing(_ code: StatusCode, _ reason: String) -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.listCustomers) { _ throws(RPCError) in
      let info = GoogleRPC.ErrorInfo.with { $0.reason = reason }
      throw RPCError(
        code: code,
        message: "refused",
        details: [
          StatusDetail(
            typeURL: "type.googleapis.com/google.rpc.ErrorInfo",
            value: try FakeServer.encode(info)
          )
        ]
      )
    }
    return server
  }

  @Test func theKeyComesFromItsFileOrTheEnvironment() async throws {
    let directory = TemporaryDirectory()
    let path = try directory.write("key", Self.key + "\n")
    #expect(chmod(path, 0o600) == 0)
    let cases: [([String], [String: String])] = [
      (["--key-file", path], [:]), ([], ["PATRON_KEY": Self.key]), ([], ["PATRON_KEY_FILE": path]),
    ]
    for (arguments, variables) in cases {
      let server = server()
      let outcome = try await patron(
        ["customers", "list", "--verbose"] + arguments,
        server: server,
        variables: variables
      )
      #expect(outcome.status == 0, "\(outcome.err)")
      #expect(!outcome.err.contains("warning") && !outcome.err.contains(Self.secret))
      #expect(server.clients.first?.options.key != nil)
    }
  }

  @Test func noOptionTakesAKey() async throws {
    let option = try await patron("customers", "list", "--key", Self.key)
    #expect(option.status == 2)
    #expect(option.err.contains("did you mean `--key-file`?"), "\(option.err)")
    let header = try await patron("call", "GetCustomer", "-H", "Authorization: Bearer \(Self.key)")
    #expect(header.status == 2)
    #expect(header.err.contains("--key-file or PATRON_KEY"), "\(header.err)")
    #expect(!(option.err + header.err).contains(Self.secret))
    let help = try await patron("--help")
    let words = help.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("No option takes the key itself"), "\(help.out)")
  }

  @Test func wrongKeysAndFilesAreNamed() async throws {
    let wrong = try await patron("customers", "list", variables: ["PATRON_KEY": Self.secret])
    #expect(wrong.status == 2)
    #expect(wrong.err.hasPrefix("error: PATRON_KEY: "), "\(wrong.err)")
    #expect(!wrong.err.contains(Self.secret))
    let missing = try await patron("customers", "list", "--key-file", "/nonexistent/key")
    #expect(missing.status == 1)
    #expect(missing.err.contains("cannot read /nonexistent/key"), "\(missing.err)")
    let ca = try await patron("customers", "list", "--tls-ca", "/nonexistent/ca.pem")
    #expect(ca.status == 1)
    #expect(ca.err.contains("cannot read /nonexistent/ca.pem"), "\(ca.err)")
    let unix = try await patron("customers", "list", "--tls", "--address", "unix:/run/patron")
    #expect(unix.status == 2)
    #expect(unix.err.contains("needs no TLS"), "\(unix.err)")
    let old = try await patron("customers", "list", "--tls-min-version", "1.1")
    #expect(old.status == 2)
  }

  @Test func dangersAreWarnedOf() async throws {
    let server = server()
    let outcome = try await patron(
      "customers",
      "list",
      "--address",
      "example.com:7420",
      server: server,
      variables: ["PATRON_KEY": Self.key]
    )
    #expect(outcome.status == 0)
    #expect(
      outcome.err.contains(
        "warning: the key is sent unencrypted to example.com:7420; write tls://example.com:7420\n"
      ),
      "\(outcome.err)"
    )
  }

  @Test func optionsOfTLSReachTheClient() async throws {
    let server = server()
    let outcome = try await patron(
      "customers",
      "list",
      "--address",
      "example.com:7421",
      "--tls-server-name",
      "shop.example.com",
      "--tls-min-version",
      "1.2",
      "--on-behalf-of",
      "ada",
      "--verbose",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.err.contains("on tls://example.com:7421: OK"), "\(outcome.err)")
    let client = try #require(server.clients.first)
    #expect(client.address == "tls://example.com:7421")
    #expect(
      client.options.tls
        == PatronClient.TLS(serverName: "shop.example.com", minVersion: .v12)
    )
    #expect(client.options.onBehalfOf == "ada")
    #expect(client.options.key == nil)
  }

  @Test(
    arguments: [
      (StatusCode.unauthenticated, "KEY_MISSING", 80, "--key-file names the file"),
      (.unauthenticated, "KEY_REVOKED", 80, "`patrond keys create` makes one"),
      (.permissionDenied, "SCOPE_MISSING", 71, "a key with that scope"),
      (.permissionDenied, "STORE_NOT_YOURS", 71, "leave out --store"),
      (.notFound, "STORE_UNKNOWN", 69, "`patrond stores list`"),
      (.unavailable, "TLS_REQUIRED", 78, "add --tls"),
      (.unavailable, "TLS_UNKNOWN_CA", 78, "--tls-ca or PATRON_TLS_CA"),
      (.unavailable, "TLS_HANDSHAKE_FAILED", 78, "check the address"),
    ] as [(StatusCode, String, Int32, String)]
  )
  func refusalsHaveAStatusAndAHint(
    _ code: StatusCode,
    _ reason: String,
    _ status: Int32,
    _ hint: String
  ) async throws {
    let outcome = try await patron("customers", "list", server: refusing(code, reason))
    #expect(outcome.status == status)
    #expect(outcome.err.contains("(\(code), \(reason))"), "\(outcome.err)")
    #expect(outcome.err.contains("hint: "), "\(outcome.err)")
    #expect(outcome.err.contains(hint), "\(outcome.err)")
  }
}
