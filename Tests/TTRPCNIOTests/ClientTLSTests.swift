import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// TLS of clients: connections that work, and errors that name the check that failed.
@Suite(.enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install"))
struct ClientTLSTests {
  private typealias Pair = TestCertificates.Pair

  /// Starts a server of TLS on a free port, runs `body` with its port, and stops it.
  private func withServer(
    _ pair: Pair,
    clientCA: String? = nil,
    _ body: (Int) async throws -> Void
  ) async throws {
    var configuration = TTRPCServer.Configuration()
    configuration.tls = ServerTLS(
      certificateFile: pair.certificate,
      keyFile: pair.key,
      clientCAFile: clientCA
    )
    let service = testService()
    let server = try await TTRPCServer.start(
      [.tls(host: "127.0.0.1", port: 0)],
      configuration: configuration
    ) { AsyncDispatcher(service, loop: $0) }
    guard case .tls(_, let port) = server.addresses[0] else {
      Issue.record("no address of TLS: \(server.addresses)")
      return
    }
    do {
      try await body(port)
    } catch {
      await server.shutdown()
      throw error
    }
    await server.shutdown()
  }

  private func configuration(
    _ port: Int,
    host: String = "localhost",
    ca: String?,
    _ change: (inout ClientTLS.Settings) -> Void = { _ in }
  ) throws -> ClientConfiguration {
    var settings = ClientTLS.Settings()
    settings.caFile = ca
    change(&settings)
    var configuration = ClientConfiguration(target: .tls(host, port: port))
    configuration.tls = try ClientTLS(settings)
    configuration.defaultTimeout = .seconds(600)
    configuration.connectTimeout = .seconds(600)
    configuration.seed = 3
    return configuration
  }

  /// Makes one call with a client of its own.
  private func echo(_ configuration: ClientConfiguration) async throws -> [UInt8] {
    let client = TTRPCClient(configuration)
    do {
      let answer = try await client.unary(TestMethods.echo, [4, 2], CallOptions())
      await client.close()
      return answer
    } catch {
      await client.close()
      throw error
    }
  }

  /// Checks that a call fails with UNAVAILABLE and a reason, also if it would wait for the server.
  private func expectFailure(
    _ reason: String,
    _ text: String,
    _ configuration: ClientConfiguration,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    for waits in [false, true] {
      var configuration = configuration
      configuration.waitForReady = waits
      let error = await #expect(throws: RPCError.self, sourceLocation: sourceLocation) {
        _ = try await echo(configuration)
      }
      #expect(error?.code == .unavailable, sourceLocation: sourceLocation)
      #expect(
        error?.message.contains(text) == true,
        "\(String(describing: error))",
        sourceLocation: sourceLocation
      )
      let names = error?.details.map { String(decoding: $0.value, as: UTF8.self) } ?? []
      #expect(names.contains { $0.contains(reason) }, "\(names)", sourceLocation: sourceLocation)
    }
  }

  @Test func callsAndStreamsAreEncrypted() async throws {
    let common = try TestCertificates.common()
    try await withServer(common.server) { port in
      for host in ["localhost", "127.0.0.1"] {
        let configuration = try configuration(port, host: host, ca: common.authority.certificate)
        let client = TTRPCClient(configuration)
        for count in [0, 1, 20_000, 1_000_000] {
          let request = [UInt8](repeating: 5, count: count)
          let answer = try await client.unary(TestMethods.echo, request, CallOptions())
          #expect(answer == request, "\(count) bytes to \(host)")
        }
        let stream = try await client.stream(TestMethods.count, [1, 0], CallOptions())
        var messages = 0
        while try await stream.next() != nil { messages += 1 }
        #expect(messages == 256)
        await client.close()
      }
    }
  }

  @Test func aTargetWithoutSchemeIsEncryptedIfTheConfigurationSaysSo() async throws {
    let common = try TestCertificates.common()
    try await withServer(common.server) { port in
      var configuration = try configuration(port, ca: common.authority.certificate)
      configuration.target = .host("localhost", port: port)
      #expect(try await echo(configuration) == [4, 2])
    }
  }

  @Test func anUnknownCAIsNamed() async throws {
    let common = try TestCertificates.common()
    let other = try TestCertificates().authority("other")
    try await withServer(common.server) { port in
      let own = try configuration(port, ca: other.certificate)
      await expectFailure("TLS_UNKNOWN_CA", "signed by one of the CAs in \(other.certificate)", own)
      let system = try configuration(port, ca: nil)
      await expectFailure("TLS_UNKNOWN_CA", "the CAs of this system", system)
      // Without settings the system's CAs count as well.
      var none = system
      none.tls = nil
      await expectFailure("TLS_UNKNOWN_CA", "the CAs of this system", none)
    }
  }

  @Test func aWrongNameIsNamed() async throws {
    let certificates = TestCertificates()
    let pair = try certificates.make("shop", names: ["DNS:shop.example.com"])
    let ca = try certificates.authority().certificate
    try await withServer(pair) { port in
      for host in ["localhost", "127.0.0.1"] {
        let wrong = try configuration(port, host: host, ca: ca)
        await expectFailure("TLS_WRONG_NAME", "certificate is not for \(host)", wrong)
        let right = try configuration(port, host: host, ca: ca) {
          $0.serverName = "shop.example.com"
        }
        #expect(try await echo(right) == [4, 2])
      }
    }
  }

  /// NIOSSL accepts the address of a connection for any name, and we do not.
  @Test func anAddressInACertificateIsNoName() async throws {
    let certificates = TestCertificates()
    let names = ["DNS:shop.example.com", "DNS:*.tills.example.com", "IP:127.0.0.1"]
    let pair = try certificates.make("addressed", names: names)
    let ca = try certificates.authority().certificate
    try await withServer(pair) { port in
      // An address of the server is looked for where it is called by its address.
      #expect(try await echo(try configuration(port, host: "127.0.0.1", ca: ca)) == [4, 2])
      func named(_ name: String) throws -> ClientConfiguration {
        try configuration(port, host: "127.0.0.1", ca: ca) { $0.serverName = name }
      }
      for name in ["shop.example.com", "Shop.Example.com.", "one.tills.example.com"] {
        #expect(try await echo(try named(name)) == [4, 2], "\(name)")
      }
      let others = [
        "example.com", "other.example.com", "tills.example.com", "a.one.tills.example.com",
      ]
      for name in others {
        await expectFailure("TLS_WRONG_NAME", "is not for \(name);", try named(name))
      }
      let local = try configuration(port, ca: ca)
      await expectFailure("TLS_WRONG_NAME", "is not for localhost;", local)
    }
  }

  @Test func anExpiredCertificateIsNamed() async throws {
    let certificates = TestCertificates()
    let pair = try certificates.make("old", days: -1)
    let ca = try certificates.authority().certificate
    // Our own server refuses such a certificate at its start.
    let server = try await OpenSSLServer(pair)
    let configuration = try configuration(server.port, ca: ca)
    await expectFailure("TLS_EXPIRED", "has expired; renew it", configuration)
    server.stop()
  }

  @Test func serversMayWantAClientCertificate() async throws {
    let common = try TestCertificates.common()
    let strange = try TestCertificates().make(
      "stranger",
      .client,
      names: ["DNS:a.example.com"],
      authority: "other"
    )
    let ca = common.authority.certificate
    try await withServer(common.server, clientCA: ca) { port in
      let none = try configuration(port, ca: ca)
      await expectFailure("TLS_CLIENT_CERTIFICATE_REQUIRED", "wants a client certificate", none)
      let foreign = try configuration(port, ca: ca) {
        $0.certificateFile = strange.certificate
        $0.keyFile = strange.key
      }
      await expectFailure(
        "TLS_CLIENT_CERTIFICATE_REFUSED",
        "refused the client certificate: it is signed by a CA that the server does not trust",
        foreign
      )
      let wrong = try configuration(port, ca: ca) {
        $0.certificateFile = common.server.certificate
        $0.keyFile = common.server.key
      }
      await expectFailure(
        "TLS_CLIENT_CERTIFICATE_REFUSED",
        "it is not made for clients (extended key usage clientAuth)",
        wrong
      )
      let own = try configuration(port, ca: ca) {
        $0.certificateFile = common.client.certificate
        $0.keyFile = common.client.key
      }
      #expect(try await echo(own) == [4, 2])
    }
  }

  @Test func aServerWithoutTLSIsNamed() async throws {
    // A server of ttrpc closes at a first byte that is no frame; one of HTTP answers.
    let closing = try await RawListener.start(.close)
    let answering = try await RawListener.start(
      .answer(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
    )
    for (server, text) in [
      (closing, "closed the connection during the TLS handshake"),
      (answering, "does not speak TLS; write the address without tls://"),
    ] {
      let configuration = try configuration(server.port, ca: nil)
      let error = await #expect(throws: RPCError.self) { _ = try await echo(configuration) }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains(text) == true, "\(String(describing: error))")
    }
    await closing.stop()
    await answering.stop()
  }

  @Test func aPlainClientOfATLSServerIsTold() async throws {
    let common = try TestCertificates.common()
    try await withServer(common.server) { port in
      // Our servers answer in the client's own protocol.
      var configuration = ClientConfiguration(target: .host("127.0.0.1", port: port))
      configuration.defaultTimeout = .seconds(600)
      let error = await #expect(throws: RPCError.self) { _ = try await echo(configuration) }
      #expect(error?.code == .failedPrecondition)
      #expect(
        error?.message.contains("call it as tls://HOST:PORT") == true,
        "\(String(describing: error))"
      )
    }
    // Others send an alert, here that of an unknown version.
    let other = try await RawListener.start(.answer([0x15, 3, 1, 0, 2, 2, 70]))
    var configuration = ClientConfiguration(target: .host("127.0.0.1", port: other.port))
    configuration.defaultTimeout = .seconds(600)
    await expectFailure("TLS_REQUIRED", "write tls://HOST:PORT", configuration)
    await other.stop()
  }

  @Test func theTimeToConnectCoversTheHandshake() async throws {
    let silent = try await RawListener.start(.nothing)
    var configuration = try configuration(silent.port, ca: nil)
    configuration.connectTimeout = .milliseconds(200)
    let error = await #expect(throws: RPCError.self) { _ = try await echo(configuration) }
    #expect(error?.code == .unavailable)
    #expect(
      error?.message.contains("the TLS handshake took too long") == true,
      "\(String(describing: error))"
    )
    await silent.stop()
  }

  @Test func filesAreCheckedWhenTheyAreRead() async throws {
    let common = try TestCertificates.common()
    let directory = TemporaryDirectory()
    let text = try directory.write("text", "no certificate")
    let missing = directory.file("missing")
    let other = try TestCertificates().make("other")
    let cases: [(String, StatusCode, (inout ClientTLS.Settings) -> Void)] = [
      ("cannot read \(missing): No such", .failedPrecondition, { $0.caFile = missing }),
      ("cannot read \(directory.path): ", .failedPrecondition, { $0.caFile = directory.path }),
      ("\(text) holds no certificates", .invalidArgument, { $0.caFile = text }),
      (
        "needs the file of its key", .invalidArgument,
        { $0.certificateFile = common.client.certificate }
      ),
      ("needs the file of its key", .invalidArgument, { $0.keyFile = common.client.key }),
      (
        "\(text) holds no private key", .invalidArgument,
        {
          $0.certificateFile = common.client.certificate
          $0.keyFile = text
        }
      ),
      (
        "does not belong to the certificate in \(common.client.certificate)", .invalidArgument,
        {
          $0.certificateFile = common.client.certificate
          $0.keyFile = other.key
        }
      ),
      ("expected a host name", .invalidArgument, { $0.serverName = "127.0.0.1" }),
      ("expected a host name", .invalidArgument, { $0.serverName = "" }),
    ]
    for (expected, code, change) in cases {
      var settings = ClientTLS.Settings()
      change(&settings)
      let error = #expect(throws: RPCError.self) { _ = try ClientTLS(settings) }
      #expect(error?.code == code)
      #expect(error?.message.contains(expected) == true, "\(String(describing: error))")
    }
  }
}
