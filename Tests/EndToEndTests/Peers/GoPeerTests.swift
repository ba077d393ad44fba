import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// A stock ttrpc client in another language calls Patron.
  @Suite struct GoPeerTests {
    /// The path where Debian installs Go packages.
    static let packages = "/usr/share/gocode"

    static let isPossible =
      Tool.find("go") != nil
      && Files.exists(packages + "/src/github.com/containerd/ttrpc")

    /// One line of the program's output.
    private struct Call: Decodable {
      var call: String
      var ok: Bool
      var code: UInt32
      var codeName: String?
      var message: String?
      var details: [String]?
      var fields: [String: Field]?
    }

    private enum Field: Decodable, Equatable {
      case text(String)
      case number(UInt64)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(UInt64.self) {
          self = .number(number)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
    }

    @Test(
      "containerd's Go client writes, reads and fails",
      .enabled(
        if: isPossible,
        "needs golang-go and golang-github-containerd-ttrpc-dev: see dev/install"
      ),
      .timeLimit(.minutes(15)),
      arguments: ["unix", "tcp"]
    )
    func stockClient(_ transport: String) async throws {
      let folder = TemporaryDirectory()
      let program = try await build(in: folder)
      let server = try await PatronServer.start(
        data: folder.file("data"),
        listen: transport == "unix" ? "unix:" + folder.file("socket") : "127.0.0.1:0"
      )
      let run = try await Programs.run(program, [server.address, "go-1"])
      #expect(run.exit == .status(0), "\(run.errors)")
      let calls = try run.output.split(separator: "\n").map {
        try JSONDecoder().decode(Call.self, from: Data($0.utf8))
      }
      try #require(calls.count == 3, "\(run.output)")
      for call in calls[..<2] {
        #expect(call.ok && call.code == 0, "\(call)")
        #expect(call.fields?["2"] == .text("go-1"))
        #expect(call.fields?["3"] == .text("go-1@example.com"))
        #expect(call.fields?["5"] == .text("Grace"))
        guard case .number(let id) = call.fields?["1"] else {
          Issue.record("no id: \(call)")
          continue
        }
        #expect(id > 0)
      }
      #expect(calls[0].fields?["1"] == calls[1].fields?["1"])
      #expect(!calls[2].ok && calls[2].code == 5 && calls[2].codeName == "NotFound")
      #expect(calls[2].message?.isEmpty == false)
      #expect(calls[2].details == ["type.googleapis.com/google.rpc.ErrorInfo"])
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test(
      "containerd's Go client gets in with a key in its metadata",
      .enabled(
        if: isPossible && TestCertificates.openssl != nil,
        "needs golang-go, golang-github-containerd-ttrpc-dev and openssl: see dev/install"
      ),
      .timeLimit(.minutes(15)),
      arguments: ["tcp", "tls"]
    )
    func stockClientWithAKey(_ transport: String) async throws {
      let folder = TemporaryDirectory()
      let program = try await build(in: folder)
      let data = folder.file("data")
      let common = try TestCertificates.common()
      let server = try await PatronServer.startWithKeys(
        data: data,
        certificate: transport == "tls" ? common.server : nil
      )
      let key = try await PatronServer.makeKey(data: data, scopes: "all")
      var environment = ["PATRON_TLS_CA": common.authority.certificate]
      let refused = try await Programs.run(
        program,
        [server.address, "go-1"],
        environment: environment
      )
      // UNAUTHENTICATED for every call, as an answer.
      #expect(refused.exit == .status(0), "\(refused)")
      #expect(refused.output.contains(#""code":16,"codeName":"Unauthenticated""#), "\(refused)")
      #expect(!refused.output.contains(#""ok":true"#), "\(refused)")
      environment["PATRON_KEY"] = key
      let run = try await Programs.run(program, [server.address, "go-1"], environment: environment)
      #expect(run.exit == .status(0), "\(run)")
      let calls = try run.output.split(separator: "\n").map {
        try JSONDecoder().decode(Call.self, from: Data($0.utf8))
      }
      #expect(calls.map(\.code) == [0, 0, 5], "\(run.output)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// Builds the program as its main.go says, in a copy of its folder.
    private func build(in folder: TemporaryDirectory) async throws -> String {
      let sources = folder.file("go")
      try FileManager.default.copyItem(
        atPath: RepositoryRoot.file("Tests/Peers/go"),
        toPath: sources
      )
      var environment = [
        "GO111MODULE": "off", "GOPATH": Self.packages, "CGO_ENABLED": "0", "GOFLAGS": "",
      ]
      if Installation.variable("HOME") == nil { environment["GOCACHE"] = folder.file("cache") }
      let program = folder.file("patron-peer")
      let built = try await Programs.run(
        "/bin/sh",
        ["-c", "cd \"$1\" && exec go build -o \"$2\" .", "sh", sources, program],
        environment: environment,
        within: .seconds(240)
      )
      guard built.exit == .status(0) else { throw HarnessError("go build: \(built.errors)") }
      return program
    }
  }
}
