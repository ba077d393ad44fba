import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// The limit of open files: raised at the start, and survived if it is too low.
  @Suite struct OpenFilesTests {
    @Test("the soft limit is raised to the hard limit", .timeLimit(.minutes(15)))
    func raised() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let limits = Files.text("/proc/\(server.process.pid)/limits").split(separator: "\n")
      let line = try #require(limits.first { $0.hasPrefix("Max open files") })
      let fields = line.split(separator: " ")
      #expect(fields.count == 6 && fields[3] == fields[4], "\(line)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("fewer connections than wanted are announced, and hardly any end the start")
    func tooLow() async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      // The address is in use, so that the server ends after it has said what it has to say.
      let other = try await PatronServer.start(data: folder.file("other"))
      let low = try await start(data, other.address, files: 500)
      #expect(low.exit == .status(1))
      let line = low.errorLines.first ?? ""
      for word in ["instead of 1024", "--max-connections", "500 files", "LimitNOFILE="] {
        #expect(line.contains(word), "\(low.errors)")
      }
      let none = try await start(data, other.address, files: 100)
      #expect(none.exit == .status(1))
      #expect(none.errors.contains("the process may open 100 files"), "\(none.errors)")
      #expect(try await other.stop() == .status(0), "\(other.errors)")
    }

    private func start(_ data: String, _ listen: String, files: Int) async throws -> Finished {
      let program = try Installation.program("patrond")
      return try await Programs.run(
        "/bin/sh",
        ["-c", "ulimit -n \(files); exec '\(program)' --data '\(data)' --listen '\(listen)'"]
      )
    }

    @Test("clients beyond the last file wait, and get in when others go", .timeLimit(.minutes(15)))
    func exhausted() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let good = try await GoodClient(server)
      let pid = server.process.pid
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
      let lowered = try await Programs.run(
        "/usr/bin/prlimit",
        ["--pid", "\(pid)", "--nofile=\(open + 10):"]
      )
      #expect(lowered.exit == .status(0), "\(lowered.errors)")
      var crowd: [RawConnection] = []
      for _ in 0..<30 { crowd.append(try RawConnection(server.address)) }
      for _ in 0..<10_000 where !server.errors.contains("EMFILE") {
        try await Task.sleep(for: .milliseconds(2))
      }
      try await good.check("while files are short")
      let late = try RawConnection(server.address)
      crowd.removeAll()
      try await GoodClient.call(1, on: late, "after others have gone")
      #expect(server.errors.components(separatedBy: "EMFILE").count == 2, "\(server.errors)")
      await good.client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }
  }
}
