import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// `patrond status`, `patron status` and `patrond doctor`.
  @Suite struct StatusTests {
    @Test("the status of a running server, by its socket")
    func status() async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      let none = try await Programs.patrond(["status", "--data", data])
      #expect(none.exit == .status(1) && none.errors.contains("no server answers"))
      let server = try await PatronServer.start(data: data, flags: ["--max-calls", "77"])
      for run in [
        try await Programs.patrond(["status", "--data", data]),
        try await Programs.patron(["status"], at: "unix:\(data)/patron.sock"),
      ] {
        #expect(run.exit == .status(0), "\(run.errors)")
        for word in [server.address, "SQLite 3.", "setting max-calls", "77 (flag)", "ready"] {
          #expect(run.output.contains(word), "\(word): \(run.output)")
        }
      }
      let json = try await Programs.patrond(["status", "--data", data, "--output", "json"])
      let status = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
      #expect(status?["ready"] as? Bool == true, "\(json.output)")
      #expect((status?["settings"] as? [Any])?.count ?? 0 > 60)
      // Without a key only the socket is the operator's.
      let stranger = try await Programs.patron(["status"], at: server.address)
      #expect(stranger.exit != .status(0), "\(stranger.output)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("the doctor looks at a machine before a start, beside a server, and after it")
    func doctor() async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      func look(_ arguments: [String] = []) async throws -> (run: Finished, found: [String: String])
      {
        let run = try await Programs.patrond(
          ["doctor", "--data", data, "--listen", "127.0.0.1:0", "--output", "json"] + arguments
        )
        let rows = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]]
        var found: [String: String] = [:]
        for row in rows ?? [] {
          let (check, level) = (row["check"] as? String, row["level"] as? String)
          found[check ?? ""] = "\(level ?? "") \(row["text"] as? String ?? "")"
        }
        return (run, found)
      }
      let before = try await look()
      #expect(before.found["database"]?.hasPrefix("ok ") == true, "\(before.run)")
      #expect(before.found["addresses"]?.hasPrefix("ok ") == true)
      #expect(!Files.exists(data))
      let server = try await PatronServer.start(data: data)
      let beside = try await look()
      #expect(beside.found["lock"]?.contains("process \(server.process.pid)") == true)
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      let after = try await look()
      #expect(after.found["schema"]?.hasPrefix("ok version") == true, "\(after.run)")
      #expect(after.found["Litestream"]?.hasPrefix("ok ") == true)
      #expect(after.found["fdatasync"]?.contains("p99") == true)
      #expect([.status(0), .status(1)].contains(after.run.exit), "\(after.run)")
      // An address that is taken fails the look.
      let other = try await PatronServer.start(data: folder.file("other"))
      let taken = try await look(["--listen", other.address])
      #expect(taken.run.exit == .status(3), "\(taken.run)")
      #expect(taken.found["addresses"]?.hasPrefix("fail ") == true)
      #expect(try await other.stop() == .status(0), "\(other.errors)")
      let wrong = try await Programs.patrond(["doctor", "--data", data, "--listen", "nonsense"])
      #expect(wrong.exit == .status(2), "\(wrong)")
    }
  }
}
