import NIOCore
import NIOPosix
import NIOSSL
import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// A server with TLS on loopback, and clients of it.
struct TLSTestServer {
  typealias Service = ServerTestService

  let server: TTRPCServer
  let journal: Service.Journal
  let common: TestCertificates.Common

  /// Starts a server with the common certificate. `adjust` may change its settings.
  static func start(
    threads: Int = 1,
    limits: Limits = Limits(),
    _ adjust: (inout ServerTLS, TestCertificates.Common) throws -> Void = { _, _ in }
  ) async throws -> TLSTestServer {
    let common = try TestCertificates.common()
    var tls = ServerTLS(
      certificateFile: common.server.certificate,
      keyFile: common.server.key
    )
    // Tests share the processors with hundreds of others.
    tls.handshakeTimeout = .seconds(60)
    try adjust(&tls, common)
    let journal = Service.Journal()
    let server = try await Service.start(
      .tls(host: "127.0.0.1", port: 0),
      threads: threads,
      limits: limits,
      journal: journal,
      tls: tls
    )
    return TLSTestServer(server: server, journal: journal, common: common)
  }

  var address: ListenAddress { server.addresses[0] }
  var port: Int {
    guard case .tls(_, let port) = address else { return 0 }
    return port
  }

  /// Connects a client that trusts the common authority. `adjust` may change that.
  func client(
    serverName: String = "localhost",
    reads: Bool = true,
    _ adjust: (inout TLSConfiguration) throws -> Void = { _ in }
  ) async throws -> ServerTestClient {
    try await ServerTestClient(
      address,
      tls: try Self.context(common, adjust),
      serverName: serverName,
      reads: reads
    )
  }

  /// Connects a client that shows a certificate.
  func client(showing pair: TestCertificates.Pair) async throws -> ServerTestClient {
    try await client { try Self.show(pair, &$0) }
  }

  static func show(_ pair: TestCertificates.Pair, _ configuration: inout TLSConfiguration) throws {
    configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(pair.certificate)
      .map { .certificate($0) }
    configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: pair.key, format: .pem))
  }

  static func context(
    _ common: TestCertificates.Common,
    _ adjust: (inout TLSConfiguration) throws -> Void = { _ in }
  ) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .file(common.authority.certificate)
    configuration.applicationProtocols = ["ttrpc/1"]
    // Clients that stall wait for no farewell.
    configuration.shutdownTimeout = .milliseconds(100)
    try adjust(&configuration)
    return try NIOSSLContext(configuration: configuration)
  }

  /// Returns true if a call of `client` is answered. `byte` is what it says.
  static func echoes(_ client: ServerTestClient, _ byte: UInt8 = 1) async throws -> Bool {
    client.sendLater(ServerTestBytes.request(1, Service.echo, [byte]))
    return try await client.frame().payload == [byte]
  }

  /// Connects until a call is answered, and returns true if one is. On a busy machine a handshake
  /// or a first call may come too late for the server, and clients connect again.
  static func getsIn(
    _ byte: UInt8 = 1,
    _ connect: () async throws -> ServerTestClient
  ) async throws -> Bool {
    for _ in 0..<1_000 {
      let client = try await connect()
      let isAnswered = (try? await echoes(client, byte)) ?? false
      await client.close()
      if isAnswered { return true }
    }
    return false
  }

  /// Waits until the journal has a line with this text, and returns the line.
  func line(with text: String) async throws -> String {
    for _ in 0..<12_000 {
      let notices = journal.all.filter { $0.hasPrefix("notice") }
      if let line = notices.first(where: { $0.contains(text) }) { return line }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("no line with \"\(text)\": \(journal.all)")
    return ""
  }

  /// Runs `openssl s_client` until the server ends the connection, and returns all that it says.
  func openssl(_ arguments: [String]) throws -> String {
    let program = try #require(TestCertificates.openssl, "run dev/install --tests")
    let outcome = try Tool.run(
      program,
      ["s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost"]
        + ["-CAfile", common.authority.certificate, "-ign_eof"] + arguments
    )
    return outcome.text + outcome.errors
  }

  /// Waits until no connection is open.
  func waitUntilEmpty() async throws {
    for _ in 0..<60_000 where server.connectionCount > 0 {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(server.connectionCount == 0)
  }
}

/// Bytes that a TLS client sends, made by hand.
enum TLSTestBytes {
  /// A first message that a server of TLS 1.3 answers: the record with the handshake message.
  static func clientHello(protocols: [String] = ["ttrpc/1"]) -> [UInt8] {
    record(message(protocols: protocols))
  }

  /// A handshake record.
  static func record(_ content: [UInt8]) -> [UInt8] { [22, 3, 1] + sized16(content) }

  /// The handshake message without its record.
  static func message(protocols: [String]) -> [UInt8] {
    var extensions: [UInt8] = []
    func add(_ type: UInt16, _ content: [UInt8]) {
      extensions += [UInt8(type >> 8), UInt8(type & 0xff)] + sized16(content)
    }
    add(43, [2, 3, 4])  // TLS 1.3 only
    add(10, sized16([0, 0x1d]))  // X25519
    add(51, sized16([0, 0x1d] + sized16((1...32).map { UInt8($0) })))
    add(13, sized16([4, 3]))  // ecdsa_secp256r1_sha256
    if !protocols.isEmpty {
      add(16, sized16(protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }))
    }
    let body =
      [3, 3] + [UInt8](repeating: 7, count: 32) + [32] + [UInt8](repeating: 9, count: 32)
      + sized16([0x13, 0x01]) + [1, 0] + sized16(extensions)
    return [1, 0] + sized16(body)
  }

  static func sized16(_ content: [UInt8]) -> [UInt8] {
    [UInt8(content.count >> 8), UInt8(content.count & 0xff)] + content
  }
}
