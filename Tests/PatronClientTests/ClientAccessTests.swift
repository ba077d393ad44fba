import Foundation
import PatronClient
import TTRPCNIO
import TestKit
import Testing

/// Flags and environment variables of programs.
struct ClientAccessTests {
  private static let key = "patron_0a_" + String(repeating: "s", count: 49)

  private func access(
    _ address: String,
    _ variables: [String: String] = [:],
    _ change: (inout ClientAccess.Flags) -> Void = { _ in }
  ) throws -> ClientAccess {
    var flags = ClientAccess.Flags()
    change(&flags)
    return try ClientAccess(address: address, flags) { variables[$0] }
  }

  @Test func withoutFlagsAndVariablesThereIsNeitherTLSNorKey() throws {
    let access = try access("127.0.0.1:7420", ["PATRON_KEY": "", "PATRON_TLS_CA": "ca.pem"])
    #expect(access.target == .host("127.0.0.1", port: 7420))
    #expect(access.tls == nil && access.key == nil && access.onBehalfOf.isEmpty)
    #expect(access.warnings.isEmpty)
  }

  @Test func eachFlagOfTLSTurnsItOn() throws {
    let flags: [(inout ClientAccess.Flags) -> Void] = [
      { $0.usesTLS = true }, { $0.tlsCA = "a" }, { $0.tlsCertificate = "a" }, { $0.tlsKey = "a" },
      { $0.tlsServerName = "a" }, { $0.tlsMinVersion = .v12 },
    ]
    for flag in flags {
      let access = try access("example.com:1", [:], flag)
      #expect(access.target == .tls("example.com", port: 1))
      #expect(access.tls != nil)
    }
    #expect(try access("tls://example.com:1").tls == PatronClient.TLS())
    let error = #expect(throws: RPCError.self) { try access("unix:/run/x") { $0.usesTLS = true } }
    #expect(error?.code == .invalidArgument)
  }

  @Test func flagsComeBeforeVariables() throws {
    let variables = [
      "PATRON_TLS_CA": "ca", "PATRON_TLS_CLIENT_CERT": "cert", "PATRON_TLS_CLIENT_KEY": "key",
      "PATRON_TLS_SERVER_NAME": "name", "PATRON_ON_BEHALF_OF": "ada",
    ]
    let all = try access("tls://example.com:1", variables)
    #expect(
      all.tls
        == PatronClient.TLS(
          caFile: "ca",
          certificateFile: "cert",
          keyFile: "key",
          serverName: "name"
        )
    )
    #expect(all.onBehalfOf == "ada")
    let own = try access("tls://example.com:1", variables) {
      $0.tlsCA = "other"
      $0.tlsCertificate = "mine"
      $0.tlsMinVersion = .v12
      $0.onBehalfOf = "grace"
    }
    // The variable's key does not belong to the flag's certificate.
    #expect(
      own.tls
        == PatronClient.TLS(
          caFile: "other",
          certificateFile: "mine",
          serverName: "name",
          minVersion: .v12
        )
    )
    #expect(own.onBehalfOf == "grace")
  }

  @Test func keysComeFromFileOrVariable() throws {
    let directory = TemporaryDirectory()
    let path = try directory.write("key", Self.key)
    #expect(chmod(path, 0o600) == 0)
    let target = "tls://example.com:1"
    #expect(try access(target, ["PATRON_KEY": Self.key]).key != nil)
    #expect(try access(target, ["PATRON_KEY_FILE": path]).key != nil)
    #expect(try access(target, ["PATRON_KEY": "wrong"]) { $0.keyFile = path }.key != nil)
    let wrong = #expect(throws: RPCError.self) { try access(target, ["PATRON_KEY": "wrong"]) }
    #expect(wrong?.code == .invalidArgument)
    #expect(wrong?.message.hasPrefix("PATRON_KEY: ") == true)
    let missing = #expect(throws: RPCError.self) {
      try access(target, ["PATRON_KEY": Self.key]) { $0.keyFile = directory.file("missing") }
    }
    #expect(missing?.code == .failedPrecondition)
  }

  @Test func dangersAreNamed() throws {
    let directory = TemporaryDirectory()
    let path = try directory.write("key", Self.key)
    #expect(chmod(path, 0o604) == 0)
    let exposed = try access("tls://example.com:1") { $0.keyFile = path }
    #expect(exposed.warnings.count == 1)
    #expect(exposed.warnings.first?.contains("every user of this machine may read") == true)
    let tls = try access("tls://example.com:1") { $0.tlsKey = path }
    #expect(tls.warnings == exposed.warnings)
    let variables = ["PATRON_KEY": Self.key]
    let plain = try access("example.com:7420", variables)
    #expect(
      plain.warnings
        == ["the key is sent unencrypted to example.com:7420; write tls://example.com:7420"]
    )
    for local in ["127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/run/x", "tls://example.com:1"] {
      #expect(try access(local, variables).warnings.isEmpty, "\(local)")
    }
    #expect(!plain.warnings.joined().contains("ssss"))
  }
}
