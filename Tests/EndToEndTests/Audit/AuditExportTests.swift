import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// Exports of the audit log, verified by the program of the documentation.
  @Suite(.enabled(if: Tool.find("python3") != nil, "needs python3"))
  struct AuditExportTests {
    private let folder = TemporaryDirectory()
    private var data: String { folder.file("data") }

    /// Starts a server with five rows: the fourth of every store, the others of `default`. Returns
    /// it with a key that reads all of them.
    private func start() async throws -> (PatronServer, key: String) {
      let server = try await PatronServer.start(data: data)
      func patron(_ line: [String]) async throws {
        let run = try await Programs.patron(line, at: server.address)
        #expect(run.exit == .status(0), "\(run.errors)")
      }
      try await patron(["settings", "set", "--timezone", "Europe/Berlin"])
      try await patron(
        ["customers", "upsert", "--external-id", "42", "--email", "ada@example.com"]
      )
      try await patron(["customers", "delete", "--external-id", "42", "--yes"])
      let made = try await Programs.patrond(
        ["keys", "create", "--all-stores", "--scopes", "admin", "--data", data]
      )
      #expect(made.exit == .status(0), "\(made.errors)")
      try await patron(["settings", "set", "--timezone", "Europe/Paris"])
      return (server, String(made.output.dropLast()))
    }

    private struct Export {
      let path: String
      let errors: String
      /// The hashes of the lines, in base64.
      let hashes: [String]
    }

    private func export(
      _ flags: [String],
      _ server: PatronServer,
      _ key: String
    ) async throws -> Export {
      let path = folder.file("audit.ndjson")
      let run = try await Programs.patron(
        ["audit", "export", "-o", path] + flags,
        at: server.address,
        environment: ["PATRON_KEY": key]
      )
      #expect(run.exit == .status(0), "\(run.errors)")
      let hashes = try Files.text(path).split(separator: "\n").map { line in
        let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(entry?["hash"] as? String)
      }
      return Export(path: path, errors: run.errors, hashes: hashes)
    }

    private func verify(_ arguments: [String]) async throws -> Finished {
      try await Programs.run(
        try #require(Tool.find("python3")),
        [RepositoryRoot.file("examples/python/audit_verify.py")] + arguments,
        environment: ["PYTHONDONTWRITEBYTECODE": "1"]
      )
    }

    private func patrondVerifies(_ hash: String) async throws -> Finished {
      try await Programs.patrond(["audit", "verify", "--expect", hash, "--data", data])
    }

    @Test("parts of the log are verified as far as they can be", .timeLimit(.minutes(15)))
    func parts() async throws {
      let (server, key) = try await start()
      let all = try await export(["--all-stores"], server, key)
      let whole = try await verify([all.path])
      #expect(whole.exit == .status(0) && whole.output.hasPrefix("5 entries"), "\(whole)")
      let hex = String(whole.output.dropLast().suffix(64))
      #expect(all.errors.contains("the last is 5, with the hash \(hex)"), "\(all.errors)")
      for hash in [hex, all.hashes[4], all.hashes[1]] {
        let expected = try await patrondVerifies(hash)
        #expect(expected.exit == .status(0), "\(expected)")
      }

      let later = try await export(["--all-stores", "--after", "3"], server, key)
      let unknown = try await verify([later.path])
      #expect(unknown.exit == .status(0) && unknown.output.contains("entry 4 was taken as it is"))
      let known = try await verify([later.path, all.hashes[2]])
      #expect(known.output == "2 entries, last hash \(hex)\n", "\(known)")
      let other = try await verify([later.path, hex])
      #expect(other.exit == .status(1) && other.errors.contains("entry 4"), "\(other)")
      let malformed = try await verify([later.path, "zz"])
      #expect(malformed.exit == .status(2) && malformed.errors.hasPrefix("HASH is no hash"))

      let one = try await export(["--store", "default"], server, key)
      let partial = try await verify([one.path])
      #expect(partial.exit == .status(2), "\(partial)")
      #expect(partial.errors.contains("without entry 4. The chain goes over all stores"))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("a removal of old rows is no alarm", .timeLimit(.minutes(15)))
    func afterARemoval() async throws {
      let (server, key) = try await start()
      let before = try await export(["--all-stores"], server, key)
      let pruned = try await Programs.patrond(
        ["audit", "prune", "--before", "2099-01-01", "--yes", "--data", data]
      )
      #expect(pruned.output == "ok: 5 rows removed\n", "\(pruned)")
      let after = try await export(["--all-stores"], server, key)
      let rest = try await verify([after.path])
      #expect(rest.exit == .status(0) && !rest.output.contains("taken"), "\(rest)")
      let last = try await patrondVerifies(before.hashes[4])
      #expect(last.exit == .status(0) && last.errors.contains("row 5, which was pruned"), "\(last)")
      let older = try await patrondVerifies(before.hashes[1])
      #expect(older.exit == .status(1), "\(older)")
      #expect(older.errors.contains("it is older than what is kept"), "\(older.errors)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }
  }
}
