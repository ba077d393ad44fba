import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// Mistakes with TLS and certificates: the exit status and the words of `patron`, and the line of
  /// `patrond`.
  @Suite(.enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install"))
  struct TLSMistakeTests {
    /// The settings of a client, and its expected end.
    private struct Mistake {
      let name: String
      let variables: [String: String]
      let status: Int32
      let says: [String]

      /// A mistake that ends with UNAVAILABLE and a reason.
      init(_ name: String, _ reason: String, _ says: String, _ variables: [String: String]) {
        self.name = name
        self.variables = variables
        status = 78
        self.says = [reason, says]
      }
    }

    private func start(
      _ pair: TestCertificates.Pair?,
      in folder: TemporaryDirectory,
      clientCA: String? = nil
    ) async throws -> PatronServer {
      let flags = pair.map { ["--tls-cert", $0.certificate, "--tls-key", $0.key] } ?? []
      return try await PatronServer.start(
        data: folder.file("data"),
        flags: flags + (clientCA.map { ["--tls-client-ca", $0] } ?? [])
      )
    }

    private func list(_ address: String, _ variables: [String: String]) async throws -> Finished {
      try await Programs.patron(
        ["customers", "list", "--timeout", "20s"],
        at: address,
        environment: variables
      )
    }

    /// Waits until the server has logged a text.
    private func expectLine(_ text: String, of server: PatronServer) async throws {
      for _ in 0..<30_000 where !server.errors.contains(text) {
        try await Task.sleep(for: .milliseconds(2))
      }
      #expect(server.errors.contains(text), "\(server.errors)")
    }

    private func expect(_ mistakes: [Mistake], at address: String) async throws {
      for mistake in mistakes {
        let run = try await list(address, mistake.variables)
        #expect(run.exit == .status(mistake.status), "\(mistake.name): \(run)")
        #expect(run.output.isEmpty, "\(mistake.name): \(run)")
        #expect(run.errors.lowercased().hasPrefix("error: "), "\(mistake.name): \(run)")
        for word in mistake.says {
          #expect(run.errors.contains(word), "\(mistake.name): \(run)")
        }
      }
    }

    @Test("a server of an unknown authority, and one that is called without TLS")
    func serverOfAnotherAuthority() async throws {
      let folder = TemporaryDirectory()
      let common = try TestCertificates.common()
      let others = TestCertificates()
      let other = try others.authority("other").certificate
      let server = try await start(common.server, in: folder)
      try await expect(
        [
          Mistake("another CA", "TLS_UNKNOWN_CA", other, ["PATRON_TLS_CA": other]),
          Mistake("the system's CAs", "TLS_UNKNOWN_CA", "the CAs of this system", [:]),
        ],
        at: server.address
      )
      let plain = try await list(String(server.address.dropFirst("tls://".count)), [:])
      #expect(plain.exit == .status(73), "\(plain)")
      #expect(plain.errors.contains("call it as tls://HOST:PORT"), "\(plain)")
      try await expectLine("TLS handshake with 127.0.0.1:", of: server)
      let trusting = ["PATRON_TLS_CA": common.authority.certificate]
      #expect(try await list(server.address, trusting).exit == .status(0))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      withExtendedLifetime(others) {}
    }

    @Test("a server of another name")
    func serverOfAnotherName() async throws {
      let folder = TemporaryDirectory()
      let made = TestCertificates()
      let pair = try made.make("shop", names: ["DNS:shop.example.com"])
      let server = try await start(pair, in: folder)
      var variables = ["PATRON_TLS_CA": try made.authority().certificate]
      try await expect(
        [
          Mistake(
            "a wrong name",
            "TLS_WRONG_NAME",
            "certificate is not for 127.0.0.1; use the name that it has",
            variables
          )
        ],
        at: server.address
      )
      variables["PATRON_TLS_SERVER_NAME"] = "shop.example.com"
      #expect(try await list(server.address, variables).exit == .status(0))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("a server that wants certificates of clients")
    func certificatesOfClients() async throws {
      let folder = TemporaryDirectory()
      let common = try TestCertificates.common()
      let made = TestCertificates()
      let names = ["DNS:till.example.com"]
      let foreign = try made.make("foreign", .client, names: names)
      let old = try common.certificates.make("old client", .client, names: names, days: -1)
      let wrong = try common.certificates.make("till", .server, names: names)
      let server = try await start(
        common.server,
        in: folder,
        clientCA: common.authority.certificate
      )
      func variables(_ pair: TestCertificates.Pair?) -> [String: String] {
        var variables = ["PATRON_TLS_CA": common.authority.certificate]
        variables["PATRON_TLS_CLIENT_CERT"] = pair?.certificate
        variables["PATRON_TLS_CLIENT_KEY"] = pair?.key
        return variables
      }
      let refused = "TLS_CLIENT_CERTIFICATE_REFUSED"
      let text = "refused the client certificate"
      try await expect(
        [
          Mistake(
            "none",
            "TLS_CLIENT_CERTIFICATE_REQUIRED",
            "wants a client certificate",
            variables(nil)
          ),
          Mistake("of another CA", refused, text, variables(foreign)),
          Mistake("expired", refused, text, variables(old)),
          Mistake("of a server", refused, text, variables(wrong)),
        ],
        at: server.address
      )
      try await expectLine("the client has no certificate", of: server)
      #expect(try await list(server.address, variables(common.client)).exit == .status(0))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      withExtendedLifetime(made) {}
    }

    @Test("a server that does not speak TLS")
    func serverWithoutTLS() async throws {
      let folder = TemporaryDirectory()
      let server = try await start(nil, in: folder)
      try await expect(
        [Mistake("plain", "TLS_NOT_SPOKEN", "write the address without tls://", [:])],
        at: "tls://" + server.address
      )
      #expect(try await list(server.address, [:]).exit == .status(0))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("the Python example says in one line what is wrong")
    func pythonExample() async throws {
      guard let python = Tool.find("python3") else { return }
      let made = TestCertificates()
      let shop = try made.make("shop", names: ["DNS:shop.example.com"])
      let authority = try made.authority().certificate
      let cases: [(TestCertificates.Pair?, [String: String], String)] = [
        (shop, [:], "is not signed by a known CA: name its file in PATRON_TLS_CA"),
        (shop, ["PATRON_TLS_CA": authority], "is not for this IP address: use the name"),
        (nil, [:], "does not speak TLS: write PATRON_ADDRESS without tls://"),
      ]
      for (pair, variables, text) in cases {
        let folder = TemporaryDirectory()
        let server = try await start(pair, in: folder)
        let address = pair == nil ? "tls://" + server.address : server.address
        let run = try await Programs.run(
          python,
          [RepositoryRoot.file("examples/python/patron_client.py"), "get", "42"],
          environment: variables.merging(
            ["PATRON_ADDRESS": address, "PYTHONDONTWRITEBYTECODE": "1"]
          ) { $1 }
        )
        #expect(run.exit == .status(1) && run.output.isEmpty, "\(run)")
        #expect(run.errorLines.count == 1 && run.errors.contains(text), "\(run)")
        #expect(try await server.stop() == .status(0), "\(server.errors)")
      }
    }

    /// patrond refuses to start like these, so OpenSSL stands in.
    @Test("a server whose certificate has expired, and one of an old version")
    func oldServers() async throws {
      let common = try TestCertificates.common()
      let expired = try common.certificates.make("expired server", days: -1)
      let trusting = ["PATRON_TLS_CA": common.authority.certificate]
      let servers: [(TestCertificates.Pair, [String], Mistake)] = [
        (
          expired, ["-tls1_3"],
          Mistake("expired", "TLS_EXPIRED", "has expired; renew it on the server", trusting)
        ),
        (
          common.server, ["-tls1_2"],
          Mistake("an old version", "TLS_VERSION", "does not speak TLS 1.3", trusting)
        ),
      ]
      for (pair, flags, mistake) in servers {
        let folder = TemporaryDirectory()
        let process = try ChildProcess(
          try #require(TestCertificates.openssl),
          ["s_server", "-www", "-accept", "127.0.0.1:0"] + flags
            + ["-cert", pair.certificate, "-key", pair.key],
          output: folder.file("output"),
          errors: folder.file("errors")
        )
        var address = ""
        for _ in 0..<30_000 where address.isEmpty && process.poll() == nil {
          let line = Files.text(folder.file("output")).split(separator: "\n")
            .first { $0.hasPrefix("ACCEPT ") }
          address = line.map { String($0.dropFirst("ACCEPT ".count)) } ?? ""
          try await Task.sleep(for: .milliseconds(2))
        }
        try #require(!address.isEmpty, "\(Files.text(folder.file("errors")))")
        try await expect([mistake], at: "tls://" + address)
        process.signal(9)
        _ = try await process.exit(within: .seconds(30))
      }
    }
  }
}
