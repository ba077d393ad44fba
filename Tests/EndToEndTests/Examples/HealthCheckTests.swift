import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// The health check of the image, as a container runs it.
  @Suite(.enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install"))
  struct HealthCheckTests {
    @Test("the health check of the image works in every mode of the server")
    func everyMode() async throws {
      let common = try TestCertificates.common()
      let certificates = ["--tls-cert", common.server.certificate, "--tls-key", common.server.key]
      let folder = TemporaryDirectory()
      let modes: [(name: String, listen: String, flags: [String])] = [
        ("open", "127.0.0.1:0", []),
        ("keys", "127.0.0.1:0", ["--auth", "keys"]),
        ("tls", "127.0.0.1:0", ["--auth", "keys"] + certificates),
        (
          "client-certificates", "127.0.0.1:0",
          ["--auth", "keys", "--tls-client-ca", common.authority.certificate] + certificates
        ),
        ("unix", "unix:" + folder.file("listener"), []),
      ]
      for mode in modes {
        let data = folder.file(mode.name)
        let server = try await PatronServer.start(
          data: data,
          listen: mode.listen,
          flags: mode.flags
        )
        let healthy = try await check(data)
        #expect(healthy.exit == .status(0), "\(mode.name): \(healthy.errors)")
        #expect(try await server.stop() == .status(0), "\(server.errors)")
        let stopped = try await check(data)
        #expect(stopped.exit != .status(0), "\(mode.name): \(stopped.output)")
      }
    }

    /// Runs the command of the Dockerfile as Docker does.
    private func check(_ data: String) async throws -> Finished {
      let file = Files.text(RepositoryRoot.file("docker/Dockerfile"))
        .replacingOccurrences(of: "\\\n", with: " ")
      let line = try #require(file.split(separator: "\n").first { $0.hasPrefix("HEALTHCHECK ") })
      let command = try #require(line.components(separatedBy: " CMD ").last)
      return try await Programs.run(
        "/usr/bin/env",
        try JSONDecoder().decode([String].self, from: Data(command.utf8)),
        environment: [
          "PATRON_DATA": data,
          "PATH": Installation.programs + ":" + (Installation.variable("PATH") ?? "/usr/bin:/bin"),
        ]
      )
    }
  }
}
