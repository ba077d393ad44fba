import TestKit
import Testing

extension EndToEnd {
  /// The pages of `--ops-listen`.
  @Suite struct OpsPagesTests {
    private static func get(_ path: String, at address: String) async throws -> String {
      let connection = try RawConnection(address)
      let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
      try await connection.send(Array(request.utf8))
      return try await connection.text()
    }

    @Test("metrics, health and status of a server")
    func pages() async throws {
      let folder = TemporaryDirectory()
      let address = "unix:" + folder.file("ops")
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--ops-listen", address]
      )
      #expect(try await Self.get("/readyz", at: address).hasSuffix("\r\n\r\nready\n"))
      #expect(try await Self.get("/healthz", at: address).hasPrefix("HTTP/1.1 200 OK\r\n"))
      let metrics = try await Self.get("/metrics", at: address)
      for line in ["patron_ready 1\n", "patron_loops 1\n", "patron_loops_silent 0\n"] {
        #expect(metrics.contains(line), "\(line)")
      }
      let status = try await Self.get("/status", at: address)
      #expect(status.contains("\"addresses\":[\"\(server.address)\"]"), "\(status)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      #expect(!Files.exists(folder.file("ops")))
    }
  }
}
