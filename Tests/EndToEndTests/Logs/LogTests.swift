import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// The log of a server, as its reader gets it.
  @Suite struct LogTests {
    private func objects(_ log: String) throws -> [[String: Any]] {
      try log.split(separator: "\n").map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return try #require(object as? [String: Any], "\(line)")
      }
    }

    @Test("a file gets an object on each line, with the levels of the components")
    func json() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--log-format", "auto", "--log-level", "store=debug,connections=debug"]
      )
      let call = try await Programs.patron(["customers", "list"], at: server.address)
      #expect(call.exit == .status(0), "\(call.errors)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      let objects = try objects(server.errors)
      let messages = objects.compactMap { $0["msg"] as? String }
      let serves = messages.first { $0.hasPrefix("patrond ") }
      #expect(serves?.contains(" serves \(folder.file("data")) on 127.0.0.1:") == true)
      #expect(messages.last == "stopped")
      let schema = objects.first { $0["to"] != nil }
      #expect(schema?["from"] as? Int == 0 && schema?["component"] as? String == "store")
      let ended = try #require(objects.first { $0["component"] as? String == "connections" })
      #expect(ended["level"] as? String == "debug" && ended["reason"] as? String == "client")
      #expect(ended["conn"] is Int && (ended["peer"] as? String)?.hasPrefix("127.0.0.1:") == true)
    }

    @Test("text has the time, the level and the component before the message")
    func text() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--log-format", "text", "--log-level", "warning,server=info"]
      )
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      for line in server.errors.split(separator: "\n") {
        let words = line.split(separator: " ")
        #expect(words.count > 3 && words[0].hasSuffix("Z") && words[2] == "server:", "\(line)")
      }
      #expect(server.errors.hasSuffix(" info server: stopped\n"), "\(server.errors)")
    }

    @Test(
      "wrong flags are refused with the right word",
      arguments: [
        (["--log-level", "infos"], "did you mean `info`?"),
        (["--log-level", "stor=debug"], "did you mean `store`?"),
        (["--log-format", "xml"], "xml"), (["--slow-call-ms", "3600001"], "0 to 3600000"),
      ]
    )
    func wrongFlags(_ flags: [String], _ says: String) async throws {
      let folder = TemporaryDirectory()
      let run = try await Programs.patrond(["--data", folder.file("data")] + flags)
      #expect(run.exit == .status(2) && run.errors.contains(says), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("data")))
    }
  }
}
