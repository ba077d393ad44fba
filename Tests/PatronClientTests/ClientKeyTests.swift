import Foundation
import PatronClient
import TTRPCNIO
import TestKit
import Testing

/// Keys, and the settings of a client that come from them.
struct ClientKeyTests {
  private static let text =
    "patron_7zzzzzzzzzzzzzzzzzzzzzzzzz_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp13M4k5z"

  private func fails(_ code: StatusCode, _ part: String, _ body: () throws -> Void) {
    let error = #expect(throws: RPCError.self) { try body() }
    #expect(error?.code == code)
    #expect(error?.message.contains(part) == true, "\(String(describing: error))")
    for secret in ["ssss", "yhjskwdA6OZ1"] {
      #expect(error?.message.contains(secret) == false, "the message shows a secret")
    }
  }

  @Test func everyCallCarriesTheKey() throws {
    var options = PatronClient.Options()
    options.key = try ClientKey(" \(Self.text)\r\n")
    options.onBehalfOf = "ada@example.com"
    let configuration = try options.configuration(for: .host("127.0.0.1", port: 1))
    #expect(
      configuration.metadata == [
        "authorization": "Bearer \(Self.text)", "patron-on-behalf-of": "ada@example.com",
      ]
    )
    #expect(configuration.greeting?.description == "grpc.health.v1.Health/Check")
  }

  /// The certificate may stand for a key.
  @Test(.enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install"))
  func aCertificateGreetsAsAKeyDoes() throws {
    let pair = try TestCertificates.common().client
    var options = PatronClient.Options()
    options.tls = .init(certificateFile: pair.certificate, keyFile: pair.key)
    let configuration = try options.configuration(for: .host("127.0.0.1", port: 1))
    #expect(configuration.target == .tls("127.0.0.1", port: 1))
    #expect(configuration.metadata.isEmpty)
    #expect(configuration.greeting != nil)
  }

  @Test func withoutAKeyNothingIsAdded() throws {
    let configuration = try PatronClient.Options().configuration(for: .host("127.0.0.1", port: 1))
    #expect(configuration.metadata.isEmpty)
    #expect(configuration.greeting == nil)
    #expect(configuration.tls == nil)
  }

  @Test(arguments: [
    "", " ", "patron_", "secret", "-----BEGIN PRIVATE KEY-----\nssss", "patron_ss ss",
    "patron_ssss\nssss", "Bearer patron_ssss", "patron_ssssé",
    "patron_" + String(repeating: "s", count: 194),
  ])
  func otherTextsAreNoKeys(text: String) {
    fails(.invalidArgument, "expected patron_") { _ = try ClientKey(text) }
  }

  @Test func theKeyIsNotSentUnencryptedUnlessItMay() throws {
    var options = PatronClient.Options()
    options.key = try ClientKey(Self.text)
    let distant = ClientTarget.host("patron.example.com", port: 7420)
    let message = "the key would go unencrypted to patron.example.com:7420"
    fails(.invalidArgument, message) { _ = try options.configuration(for: distant) }
    fails(.invalidArgument, message) {
      _ = try PatronClient(address: "patron.example.com:7420", options: options)
    }
    let safe: [ClientTarget] = [
      .host("127.0.0.1", port: 1), .host("::1", port: 1), .host("localhost", port: 1),
      .unix(path: "x"),
    ]
    for target in safe { _ = try options.configuration(for: target) }
    options.sendsKeyUnencrypted = true
    _ = try options.configuration(for: distant)
    // Without a key there is nothing to protect.
    _ = try PatronClient.Options().configuration(for: distant)
  }

  /// Nothing is sent that the server would call malformed.
  @Test func aWrongCharacterIsFoundByTheChecksum() throws {
    let bytes = Array(Self.text.utf8)
    for index in bytes.indices.dropFirst("patron_".count) {
      var wrong = bytes
      wrong[index] = bytes[index] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
      fails(.invalidArgument, "mistyped: its checksum does not match") {
        _ = try ClientKey(String(decoding: wrong, as: UTF8.self))
      }
    }
    // A key of another length may be that of a later version.
    _ = try ClientKey(Self.text + "0")
  }

  @Test func theLongestKey() throws {
    _ = try ClientKey("patron_" + String(repeating: "s", count: 193))
  }

  @Test func keysAreReadFromFiles() throws {
    let directory = TemporaryDirectory()
    let path = try directory.write("key", Self.text + "\n")
    #expect(chmod(path, 0o640) == 0)
    #expect(try !ClientKey(file: path).isExposed)
    #expect(chmod(path, 0o644) == 0)
    let key = try ClientKey(file: path)
    #expect(key.isExposed)
    var options = PatronClient.Options()
    options.key = key
    let metadata = try options.configuration(for: .unix(path: "x")).metadata
    #expect(metadata["authorization"] == "Bearer \(Self.text)")
    let missing = directory.file("missing")
    fails(.failedPrecondition, "cannot read \(missing): No such") {
      _ = try ClientKey(file: missing)
    }
    let mistyped = try directory.write("mistyped", String(Self.text.dropLast()) + "y")
    fails(.invalidArgument, "the key in \(mistyped) is mistyped") {
      _ = try ClientKey(file: mistyped)
    }
    let other = try directory.write("other", "ssss")
    fails(.invalidArgument, "\(other) is no key") { _ = try ClientKey(file: other) }
  }

  @Test func theSecretIsNotShown() throws {
    let key = try ClientKey(Self.text)
    var options = PatronClient.Options()
    options.key = key
    var shown = "\(key) \(String(reflecting: key)) \(options) \(String(reflecting: options))"
    dump(key, to: &shown)
    dump(options, to: &shown)
    #expect(shown.contains("patron_…"))
    #expect(!shown.contains("yhjskwdA6OZ1"), "\(shown)")
  }

  @Test func onBehalfOfIsBounded() throws {
    var options = PatronClient.Options()
    options.onBehalfOf = String(repeating: "é", count: 64)
    _ = try options.configuration(for: .unix(path: "x"))
    options.onBehalfOf += "é"
    fails(.invalidArgument, "up to 64 characters on one line; 65") {
      _ = try options.configuration(for: .unix(path: "x"))
    }
    options.onBehalfOf = "a\nb"
    fails(.invalidArgument, "a control character") {
      _ = try options.configuration(for: .unix(path: "x"))
    }
  }

  @Test func unixSocketsHaveNoTLS() {
    fails(.invalidArgument, "unix:/run/patron is a Unix socket, which needs no TLS") {
      _ = try PatronClient(address: "unix:/run/patron", tls: .init())
    }
    fails(.failedPrecondition, "cannot read /nonexistent/ca.pem") {
      _ = try PatronClient(address: "127.0.0.1:1", tls: .init(caFile: "/nonexistent/ca.pem"))
    }
  }
}
