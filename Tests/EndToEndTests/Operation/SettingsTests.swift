import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
  /// Settings of `patrond`: their table, their check, and their change by SIGHUP.
  @Suite struct SettingsTests {
    private func patrond(
      _ arguments: [String],
      _ environment: [String: String] = [:]
    ) async throws -> Finished {
      try await Programs.run(
        try Installation.program("patrond"),
        arguments,
        environment: environment
      )
    }

    /// The part of ArgumentParser's description of a command that the test reads.
    private struct Dump: Decodable {
      struct Command: Decodable {
        let commandName: String
        let subcommands: [Command]?
        let arguments: [Argument]?
      }
      struct Argument: Decodable {
        struct Name: Decodable {
          let kind: String
          let name: String
        }
        let names: [Name]?
      }
      let command: Command
    }

    private struct Shown: Decodable {
      let name: String
      let value: String
      let origin: String
      let line: Int?
    }

    @Test("the table of settings has every flag of `patrond serve`")
    func everyFlag() async throws {
      let dump = try await patrond(["--experimental-dump-help"])
      let root = try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
      let serve = try #require(root.subcommands?.first { $0.commandName == "serve" })
      let names = (serve.arguments ?? []).flatMap { $0.names ?? [] }
        .filter { $0.kind == "long" }.map(\.name)
        .filter { !["help", "version", "no-group-commit"].contains($0) }
      let shown = try await patrond(["config", "show", "--output", "json"])
      let rows = try JSONDecoder().decode([Shown].self, from: Data(shown.output.utf8))
      let listed = Set(rows.map(\.name))
      #expect(Set(names) == listed, "\(shown.errors)")
      #expect(names.count > 60)
    }

    @Test("`config show` names the place of each value")
    func places() async throws {
      let folder = TemporaryDirectory()
      let file = try folder.write("p.yaml", "threads: 3\nmax-calls: 5\n")
      let run = try await patrond(
        ["config", "show", "--output", "json", "--", "--max-watches", "9"],
        ["PATRON_CONFIG": file, "PATRON_MAX_CALLS": "7"]
      )
      #expect(run.exit == .status(0), "\(run.errors)")
      let rows = try JSONDecoder().decode([Shown].self, from: Data(run.output.utf8))
      func row(_ name: String) -> Shown? { rows.first { $0.name == name } }
      #expect(row("threads")?.value == "3" && row("threads")?.line == 1)
      #expect(row("max-calls")?.value == "7" && row("max-calls")?.origin == "environment")
      #expect(row("max-watches")?.value == "9" && row("max-watches")?.origin == "flag")
      #expect(row("map-mib")?.origin == "default")
    }

    @Test("`config check` and a start refuse a mistake with its line and status 2")
    func mistakes() async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      for (text, says) in [
        ("threads: 3\nmax-callz: 5\n", ":2: max-callz is no setting; did you mean max-calls?"),
        ("listen: 0.0.0.0:0\n", "--listen is set by"), ("threads: 99\n", ":1: threads is 99"),
        ("memory-mib: 1\n", "--memory-mib is 1"),
      ] {
        let file = try folder.write("p.yaml", text)
        let check = try await patrond(["config", "check", "--config", file])
        #expect(check.exit == .status(2) && check.errors.contains(says), "\(check.errors)")
        let start = try await patrond(["--config", file, "--data", data])
        #expect(start.exit == .status(2) && start.errors.contains(says), "\(start.errors)")
      }
      #expect(!Files.exists(data))
      let good = try folder.write("p.yaml", "threads: 2\n")
      let check = try await patrond(
        ["config", "check", "--config", good],
        ["PATRON_MAX_CALS": "1"]
      )
      #expect(check.exit == .status(0) && check.output.hasPrefix("ok: "), "\(check.errors)")
      #expect(check.errors.contains("PATRON_MAX_CALS"))
    }

    @Test("the template is a file of comments that can be taken as it is, and without the marks")
    func template() async throws {
      let folder = TemporaryDirectory()
      let text = try await patrond(["config", "template"]).output
      let plain = try folder.write("plain.yaml", text)
      #expect(try await patrond(["config", "check", "--config", plain]).exit == .status(0))
      let lines = text.split(separator: "\n").filter { line in
        line.hasPrefix("#") && !line.hasPrefix("# ") && !line.hasSuffix(": \"\"")
      }
      let given = try folder.write("given.yaml", lines.map { $0.dropFirst() + "\n" }.joined())
      let run = try await patrond(["config", "check", "--config", given])
      #expect(run.exit == .status(0), "\(run.errors)")
      #expect(lines.count > 50)
    }

    @Test("SIGHUP changes the limits of keys and stores, and nothing if there is a mistake")
    func reload() async throws {
      let folder = TemporaryDirectory()
      let file = try folder.write("p.yaml", "threads: 1\n")
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--config", file]
      )
      func call() async throws -> Finished {
        try await Programs.patron(
          ["customers", "upsert", "--external-id", "1", "--email", "ada@example.com"],
          at: server.address
        )
      }
      func reload(_ text: String, until says: String) async throws {
        _ = try folder.write("p.yaml", text)
        server.process.signal(SIGHUP)
        for _ in 0..<30_000 where !server.errors.contains(says) {
          try await Task.sleep(for: .milliseconds(1))
        }
        #expect(server.errors.contains(says), "\(server.errors)")
      }
      #expect(try await call().exit == .status(0))
      try await reload("threads: 1\nmax-store-byte-rate: 1\n", until: "max-store-byte-rate is 1")
      // The first call is let through with a debt, which the second meets.
      _ = try await call()
      let refused = try await Programs.patron(
        ["customers", "list", "--timeout", "500ms"],
        at: server.address
      )
      #expect(refused.exit != .status(0), "\(refused.output)")
      try await reload("threads: 4\nmax-store-byte-rate: x\n", until: "settings stay as they are")
      try await reload("threads: 4\n", until: "need a restart: threads")
      #expect(try await call().exit == .status(0))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }
  }
}
