import NIOSSL
import TTRPCNIO
import TestKit
import Testing

/// The lines about handshakes that have failed. A server of its own for each, because it writes one
/// line in a second.
@Suite(.timeLimit(.minutes(15))) struct TLSReasonTests {
  private typealias Adjustment = (inout ServerTLS, TestCertificates.Common) throws -> Void

  /// Lets a client fail at a new server, and checks the line about it.
  private func expectLine(
    _ text: String,
    server adjust: Adjustment = { _, _ in },
    _ client: (TLSTestServer) async throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let tls = try await TLSTestServer.start(adjust)
    try await client(tls)
    let line = try await tls.line(with: "TLS handshake with 127.0.0.1:")
    #expect(line.contains(text), sourceLocation: sourceLocation)
    for mark in ["NIOSSL", "OPENSSL", "Error", ".cc"] {
      #expect(!line.contains(mark), "\(line)", sourceLocation: sourceLocation)
    }
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  /// Sends a call, and waits until the server has closed the connection.
  private func isRefused(_ client: ServerTestClient) async throws {
    client.sendLater(ServerTestBytes.request(1, ServerTestService.echo, [1]))
    #expect(try await client.isClosedByServer())
  }

  @Test func whatIsWrongWithACertificateOfAClient() async throws {
    let made = try TestCertificates.common().certificates
    let names = ["DNS:till.example.com"]
    let wrong = [
      (try made.make("past", .client, names: names, days: -1), "client's certificate has expired"),
      (
        try made.make("foreign client", .client, names: names, authority: "foreigners"),
        "of an authority that the server does not know"
      ),
      (
        try made.make("no client", .server, names: names),
        "is not for clients: make one with the extended key usage clientAuth"
      ),
    ]
    for (pair, text) in wrong {
      try await expectLine(text, server: { $0.clientCAFile = $1.authority.certificate }) {
        try await isRefused(try await $0.client(showing: pair))
      }
    }
  }

  @Test func whatClientAndServerDoNotHaveInCommon() async throws {
    try await expectLine("have no key exchange in common") {
      try await isRefused(try await $0.client { $0.curves = [.secp521r1] })
    }
    // Ciphers without a key exchange of their own.
    try await expectLine(
      "have no key exchange in common",
      server: { tls, _ in tls.minVersion = .v12 }
    ) {
      _ = try $0.openssl(["-tls1_2", "-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"])
    }
  }

  @Test func whyClientsRefuseTheServer() async throws {
    // In TLS 1.2 the alert is sent in the clear; what OpenSSL sends in 1.3 is not understood.
    try await expectLine(
      "it expects another name, or does not trust it (alert bad_certificate)",
      server: { tls, _ in tls.minVersion = .v12 }
    ) {
      _ = try $0.openssl([
        "-tls1_2", "-verify_hostname", "other.example.com", "-verify_return_error",
      ])
    }
    try await expectLine("does not know the authority of the server's certificate") { tls in
      let foreign = try tls.common.certificates.authority("foreign")
      let doubter = try await tls.client { $0.trustRoots = .file(foreign.certificate) }
      try await isRefused(doubter)
    }
    // A client that sends no alert.
    try await expectLine("as some do that expect another name") { tls in
      let client = try await ServerTestClient(tls.address)
      try await client.send(TLSTestBytes.clientHello())
      try await client.closeSending()
      #expect(try await client.isClosedByServer())
    }
  }
}
