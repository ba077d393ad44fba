import NIOCore
import NIOSSL
import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// TLS between a server and its clients: which handshakes succeed, and what becomes of the rest.
@Suite(.timeLimit(.minutes(15))) struct TLSHandshakeTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  /// Limits with which the server ends silent connections soon.
  private static let brief: Limits = {
    var limits = Limits()
    limits.headerTimeoutMillis = 1000
    return limits
  }()

  private static func withClientCA(
    _ tls: inout ServerTLS,
    _ common: TestCertificates.Common
  ) {
    tls.clientCAFile = common.authority.certificate
  }

  /// Checks that a connection ends without an answer, and returns the errors of the client.
  private func refusal(of client: ServerTestClient) async throws -> String {
    client.sendLater(Bytes.request(1, Service.echo, [1]))
    #expect(try await client.isClosedByServer())
    #expect(client.unread == 0)
    return client.errors.joined(separator: "\n")
  }

  // MARK: Success

  @Test(arguments: [1, 2]) func callsAndStreams(_ threads: Int) async throws {
    let tls = try await TLSTestServer.start(threads: threads)
    let client = try await tls.client()
    #expect(try await TLSTestServer.echoes(client))
    let large = [UInt8](repeating: 3, count: 1_000_000)
    client.sendLater(Bytes.request(3, Service.echo, large) + Bytes.request(5, Service.later, [5]))
    let frames = try await client.frames(2)
    #expect(Set(frames.map(\.payload)) == [large, [5]])
    client.sendLater(Bytes.request(7, Service.flood))
    let flood = try await client.frames(Service.floodMessages + 1)
    #expect(flood.dropLast().allSatisfy { $0.body.count == Service.floodMessageBytes })
    await client.close()
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func aReaderThatStopsIsCountedAsWithoutTLS() async throws {
    let tls = try await TLSTestServer.start()
    let client = try await tls.client()
    #expect(try await TLSTestServer.echoes(client))
    try await client.reading(false)
    let payload = [UInt8](repeating: 3, count: 1_000_000)
    for index in 0..<40 {
      client.sendLater(Bytes.request(UInt32(index * 2 + 3), Service.echo, payload))
    }
    for _ in 0..<60_000 where tls.server.unreadAnswerBytes < 1 << 20 {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(tls.server.unreadAnswerBytes >= 1 << 20)
    #expect(tls.server.unreadAnswerBytes <= 2 * Limits().outboundBytes + (8 << 20))
    try await client.reading(true)
    #expect(try await client.frames(40).allSatisfy { $0.payload == payload })
    for _ in 0..<60_000 where tls.server.unreadAnswerBytes > 0 {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(tls.server.unreadAnswerBytes == 0)
    await client.close()
    await tls.server.shutdown()
  }

  @Test func theProtocolIsNamedOrNot() async throws {
    let tls = try await TLSTestServer.start()
    for protocols in [[], ["ttrpc/1"], ["h2", "ttrpc/1"]] {
      let client = try await tls.client { $0.applicationProtocols = protocols }
      #expect(try await TLSTestServer.echoes(client), "\(protocols)")
      await client.close()
    }
    let other = try await tls.client { $0.applicationProtocols = ["h2"] }
    let error = try await refusal(of: other)
    #expect(error.contains("NO_APPLICATION_PROTOCOL"), "\(error)")
    _ = try await tls.line(with: "ttrpc/1 (ALPN)")
    await tls.server.shutdown()
  }

  @Test func aClientsNamesAreThoseOfItsCertificate() async throws {
    let tls = try await TLSTestServer.start(Self.withClientCA)
    let client = try await tls.client(showing: tls.common.client)
    client.sendLater(Bytes.request(1, Service.whoAmI))
    #expect(try await client.frame().error == nil)
    #expect(
      tls.journal.all.filter { $0.hasPrefix("peer ") }.prefix(2)
        == ["peer URI:patron://client/checkout", "peer DNS:checkout.example.com"]
    )
    await client.close()
    await tls.server.shutdown()
  }

  @Test func aCertificateWithoutNamesNamesNobody() async throws {
    let tls = try await TLSTestServer.start(Self.withClientCA)
    let nameless = try tls.common.certificates.make("nameless", .client, names: [])
    let client = try await tls.client(showing: nameless)
    client.sendLater(Bytes.request(1, Service.whoAmI))
    #expect(try await client.frame().error == nil)
    let lines = tls.journal.all.filter { $0.hasPrefix("peer ") }
    #expect(lines.count == 1 && lines[0].hasPrefix("peer at 127.0.0.1:"), "\(lines)")
    await client.close()
    await tls.server.shutdown()
  }

  @Test func sessionsAreResumed() async throws {
    let tls = try await TLSTestServer.start(limits: Self.brief) { tls, common in
      Self.withClientCA(&tls, common)
      tls.minVersion = .v12
    }
    let pair = tls.common.client
    let show = ["-cert", pair.certificate, "-key", pair.key]
    for version in ["-tls1_3", "-tls1_2"] {
      let session = tls.common.certificates.file("session\(version)")
      let first = try tls.openssl([version, "-sess_out", session] + show)
      #expect(first.contains("New, TLSv1"), "\(first)")
      let second = try tls.openssl([version, "-sess_in", session] + show)
      #expect(second.contains("Reused, TLSv1"), "\(second)")
    }
    await tls.server.shutdown()
  }

  @Test(arguments: [NIOTLSCurve.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1])
  func theClientChoosesItsGroup(_ group: NIOTLSCurve) async throws {
    let tls = try await TLSTestServer.start()
    let client = try await tls.client { $0.curves = [group] }
    #expect(try await TLSTestServer.echoes(client))
    await client.close()
    await tls.server.shutdown()
  }

  // MARK: Refusals

  @Test func aServerOfAnotherNameOrAuthorityIsRefusedByItsClient() async throws {
    // An address in the certificate would do as well, whatever the name is.
    let certificates = try TestCertificates.common().certificates
    let named = try certificates.make("named", names: ["DNS:localhost"])
    let tls = try await TLSTestServer.start { tls, _ in
      tls.certificateFile = named.certificate
      tls.keyFile = named.key
    }
    let foreign = try tls.common.certificates.authority("foreign")
    let doubter = try await tls.client { $0.trustRoots = .file(foreign.certificate) }
    #expect(try await refusal(of: doubter).contains("CERTIFICATE_VERIFY_FAILED"))
    _ = try await tls.line(with: "the client does not know the authority")
    let stranger = try await tls.client(serverName: "example.com")
    #expect(try await refusal(of: stranger).contains("example.com"))
    await tls.server.shutdown()
  }

  @Test(arguments: ServerTLS.Version.allCases)
  func aClientWithoutCertificateIsTold(_ version: ServerTLS.Version) async throws {
    let tls = try await TLSTestServer.start { tls, common in
      Self.withClientCA(&tls, common)
      tls.minVersion = version
    }
    let client = try await tls.client {
      if version == .v12 { $0.maximumTLSVersion = .tlsv12 }
    }
    let error = try await refusal(of: client)
    // TLS 1.2 has no alert of its own for it.
    #expect(
      error.contains("CERTIFICATE_REQUIRED") || error.contains("HANDSHAKE_FAILURE"),
      "\(error)"
    )
    _ = try await tls.line(with: "the client has no certificate")
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func wrongCertificatesOfClientsAreTold() async throws {
    let tls = try await TLSTestServer.start(Self.withClientCA)
    let made = tls.common.certificates
    let wrong: [(pair: TestCertificates.Pair, alert: String)] = [
      (try made.make("expired", .client, days: -1), "CERTIFICATE_EXPIRED"),
      (try made.make("strange", .client, authority: "stranger"), "UNKNOWN_CA"),
      // It is for servers.
      (tls.common.server, "CERTIFICATE"),
    ]
    for (pair, alert) in wrong {
      let client = try await tls.client(showing: pair)
      let error = try await refusal(of: client)
      #expect(error.contains(alert), "\(pair.certificate): \(error)")
    }
    _ = try await tls.line(with: "the client's certificate has expired")
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func oldVersionsAreRefused() async throws {
    let tls = try await TLSTestServer.start(limits: Self.brief)
    for version in ["-tls1", "-tls1_1", "-tls1_2"] {
      let said = try tls.openssl([version, "-cipher", "DEFAULT:@SECLEVEL=0"])
      #expect(said.contains("alert protocol version"), "\(version): \(said)")
    }
    _ = try await tls.line(with: "versions of TLS that are too old")
    await tls.server.shutdown()
    let older = try await TLSTestServer.start(limits: Self.brief) { tls, _ in
      tls.minVersion = .v12
    }
    let accepted = try older.openssl(["-tls1_2"])
    #expect(accepted.contains("Protocol  : TLSv1.2"), "\(accepted)")
    let refused = try older.openssl(["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"])
    #expect(refused.contains("alert protocol version"), "\(refused)")
    // Neither encryption that can be altered nor keys without forward secrecy.
    for weak in ["ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256"] {
      let said = try older.openssl(["-tls1_2", "-cipher", "\(weak):@SECLEVEL=0"])
      #expect(said.contains("alert handshake failure"), "\(weak): \(said)")
    }
    await older.server.shutdown()
  }

  @Test func aClientWithoutTLSIsToldInItsProtocol() async throws {
    let tls = try await TLSTestServer.start()
    let client = try await ServerTestClient(tls.address)
    client.sendLater(Bytes.request(1, Service.echo, [1]))
    let error = try #require(try await client.frame().error)
    #expect(error.code == .failedPrecondition)
    #expect(error.message.contains("tls://"))
    #expect(try await client.isClosedByServer())
    let web = try await ServerTestClient(tls.address)
    try await web.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(try await web.isClosedByServer())
    let odd = try await ServerTestClient(tls.address)
    try await odd.send([22, 9, 9, 9, 9, 9])
    #expect(try await odd.isClosedByServer())
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  // MARK: Ends

  @Test func aClientThatHasClosedItsSideGetsLargeAnswersWhole() async throws {
    let tls = try await TLSTestServer.start()
    let client = try await tls.client()
    #expect(try await TLSTestServer.echoes(client))
    try await client.reading(false)
    let payload = [UInt8](repeating: 3, count: 1_000_000)
    for stream: UInt32 in [3, 5, 7] {
      client.sendLater(Bytes.request(stream, Service.echo, payload))
    }
    try await client.closeSending()
    try await Task.sleep(for: .milliseconds(50))
    try await client.reading(true)
    #expect(try await client.frames(3).allSatisfy { $0.payload == payload })
    #expect(try await client.isClosedByServer())
    #expect(client.errors.isEmpty, "the server ends with TLS's farewell: \(client.errors)")
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func aClientThatLeavesWithoutAFarewellGetsItsAnswers() async throws {
    let tls = try await TLSTestServer.start()
    let client = try await tls.client()
    #expect(try await TLSTestServer.echoes(client))
    let payload = [UInt8](repeating: 3, count: 1_000_000)
    // The last frame is cut off, so it is no call.
    try await client.send(Bytes.request(3, Service.later, payload))
    try await client.send(Array(Bytes.request(5, Service.echo, payload).prefix(1000)))
    try await client.cutSending()
    #expect(try await client.frame().payload == payload)
    #expect(try await client.isClosedByServer())
    #expect(client.unread == 0)
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func aDrainEndsConnectionsWithAFarewell() async throws {
    let tls = try await TLSTestServer.start()
    let client = try await tls.client()
    client.sendLater(
      Bytes.request(1, Service.echoStream, flags: .remoteOpen, metadata: Bytes.extended)
    )
    client.sendLater(Bytes.data(1, [1]))
    _ = try await client.frames(2)
    async let drained = tls.server.drain(grace: .seconds(60))
    #expect(try await client.frame().header.type == .goaway)
    client.sendLater(Bytes.data(1, [2]) + Bytes.close(1))
    #expect(try await client.frames(2).first?.body == [2])
    #expect(await drained)
    #expect(try await client.isClosedByServer())
    #expect(client.errors.isEmpty, "\(client.errors)")
    await tls.server.shutdown()
  }

  @Test func aServerWithoutCertificateDoesNotStart() async throws {
    await #expect(throws: ListenError.self) {
      try await Service.start(.tls(host: "127.0.0.1", port: 0))
    }
  }
}
