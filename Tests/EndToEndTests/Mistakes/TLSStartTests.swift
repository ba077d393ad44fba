import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// `patrond` with TLS: its start, its listeners, and connections that end in their handshake.
  @Suite struct TLSStartTests {
    private func flags(_ pair: TestCertificates.Pair) -> [String] {
      ["--tls-cert", pair.certificate, "--tls-key", pair.key]
    }

    @Test("files that cannot be used end the start before anything is created")
    func wrongFiles() async throws {
      let folder = TemporaryDirectory()
      let made = TestCertificates()
      let server = try made.make("server")
      let other = try made.make("other")
      let expired = try made.make("expired", days: -1)
      let wrong: [(flags: [String], says: String)] = [
        (["--tls-cert", folder.file("none"), "--tls-key", server.key], "none cannot be read"),
        (["--tls-cert", server.certificate, "--tls-key", other.key], "does not belong"),
        (flags(expired), "has expired on"),
        (flags(server) + ["--tls-client-ca", server.key], "has no certificate that can be read"),
      ]
      for (flags, says) in wrong {
        let run = try await Programs.patrond(
          ["--data", folder.file("data"), "--listen", "127.0.0.1:0"] + flags
        )
        #expect(run.exit == .status(1), "\(run.errors)")
        #expect(run.errorLines.count == 1 && run.errors.contains(says), "\(run.errors)")
      }
      #expect(!Files.exists(folder.file("data")))
    }

    @Test("a server of 1.3 with a plain listener beside it, set up by the environment")
    func listeners() async throws {
      let folder = TemporaryDirectory()
      let common = try TestCertificates.common()
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--listen", "plain:127.0.0.1:0", "--listen", "unix:" + folder.file("socket")]
          + ["--unix-socket-mode", "0660"],
        environment: [
          "PATRON_TLS_CERT": common.server.certificate, "PATRON_TLS_KEY": common.server.key,
        ]
      )
      #expect(server.address.hasPrefix("tls://127.0.0.1:"))
      let names = server.errors.split(separator: "\n").first.map(String.init) ?? ""
      let listeners =
        names.components(separatedBy: " on ").last?.components(separatedBy: ", ") ?? []
      #expect(listeners.count == 3, "\(names)")
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("socket"))
      #expect(attributes[.posixPermissions] as? Int == 0o660)
      for address in listeners.dropFirst() {
        let call = try await Programs.patron(["customers", "list"], at: address)
        #expect(call.exit == .status(0), "\(address): \(call.errors)")
      }
      let openssl = try #require(TestCertificates.openssl, "run dev/install --tests")
      let run = try await Programs.run(
        openssl,
        ["s_client", "-connect", String(server.address.dropFirst("tls://".count)), "-brief"]
          + ["-servername", "localhost", "-verify_hostname", "localhost", "-verify_return_error"]
          + ["-alpn", "ttrpc/1", "-CAfile", common.authority.certificate]
      )
      for word in ["TLSv1.3", "Verification: OK"] {
        #expect((run.output + run.errors).contains(word), "\(run.output)\(run.errors)")
      }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test(
      "a thousand connections that end in their handshake leave no descriptor behind",
      .timeLimit(.minutes(15))
    )
    func descriptors() async throws {
      let folder = TemporaryDirectory()
      let common = try TestCertificates.common()
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: flags(common.server)
      )
      let address = String(server.address.dropFirst("tls://".count))
      let hello = Self.beginning
      func open() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.process.pid)/fd").count
      }
      // The loop's own descriptors are open after the first connection.
      let first = try RawConnection(address)
      first.finishSending()
      #expect(try await first.receive() == nil)
      // A loop with much to do opens a pipe for its turns.
      let most = try open() + 2
      var random = SeededRandom()
      for _ in 0..<10 {
        var connections: [RawConnection] = []
        for _ in 0..<100 {
          let connection = try RawConnection(address)
          try await connection.send(Array(hello.prefix(random.below(hello.count + 1))))
          connection.finishSending()
          connections.append(connection)
        }
        for connection in connections { #expect(try await connection.receive() == nil) }
      }
      for _ in 0..<10_000 where try open() > most { try await Task.sleep(for: .milliseconds(1)) }
      #expect(try open() <= most)
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// The first message of a TLS client without its extensions: a record of which the server waits
    /// for the rest, or that it refuses.
    private static let beginning: [UInt8] =
      [22, 3, 1, 0, 77, 1, 0, 0, 73, 3, 3] + [UInt8](repeating: 7, count: 32) + [32]
      + [UInt8](repeating: 9, count: 32) + [0, 2, 0x13, 1, 1, 0]
  }
}
