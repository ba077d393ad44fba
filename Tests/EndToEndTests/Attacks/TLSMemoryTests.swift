import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// The memory of encrypted connections.
  @Suite(.enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install"))
  struct TLSMemoryTests {
    private static let large = "large"

    @Test("a connection keeps no buffer for the largest answer that it has sent")
    func largeAnswersLeaveNoBuffers() async throws {
      let folder = TemporaryDirectory()
      let common = try TestCertificates.common()
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--tls-cert", common.server.certificate, "--tls-key", common.server.key]
      )
      func connect() throws -> PatronClient {
        try server.client {
          $0.retry = .never
          $0.tls = PatronClient.TLS(caFile: common.authority.certificate)
        }
      }
      let first = try connect()
      // 240 KB
      let tags = (0..<240).map { "\($0)" + String(repeating: "\u{1F600}", count: 240) }
      _ = try await first.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.externalID = Self.large
            $0.email = "large@example.com"
            $0.tags = tags.joined(separator: ",")
          }
        }
      )
      var clients = [first]
      var resident = 0
      for number in 1...110 {
        let client = try connect()
        clients.append(client)
        let answer = try await client.customers.getCustomer(
          .with { $0.customer = .externalID(Self.large) }
        )
        #expect((answer.customer?.tags?.utf8.count ?? 0) > 200_000)
        // The first ones fill the caches and the allocator.
        if number == 10 { resident = server.residentBytes }
      }
      let added = (server.residentBytes - resident) / 100
      #expect(added < 160 << 10, "\(added) bytes for each connection")
      for client in clients { await client.close() }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }
  }
}
