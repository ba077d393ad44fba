import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// A server that cannot start reports the reason in one line and changes nothing.
  @Suite struct ServerStartTests {
    @Test("a data directory in use")
    func dataInUse() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      for command in [
        ["serve", "--listen", "127.0.0.1:0"], ["check"], ["compact"],
        ["generate", "--customers", "5"],
      ] {
        let run = try await Programs.patrond(command + ["--data", folder.file("data")])
        #expect(run.exit == .status(1), "\(command)")
        expectLine(run, ["in use", "process \(server.process.pid)"])
      }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("a database in use, reached by a hard link")
    func databaseInUse() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let files = FileManager.default
      try files.createDirectory(atPath: folder.file("other"), withIntermediateDirectories: false)
      try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.file("other"))
      let database = folder.file("other/patron.db")
      try files.linkItem(atPath: folder.file("data/patron.db"), toPath: database)
      for command in [["serve", "--listen", "127.0.0.1:0"], ["check"], ["compact"]] {
        let run = try await Programs.patrond(command + ["--data", folder.file("other")])
        #expect(run.exit == .status(1), "\(command)")
        expectLine(run, ["in use by another process", database])
      }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("an address in use, and the data directory is free again afterwards")
    func addressInUse() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("one"))
      let other = ["--data", folder.file("two"), "--listen", server.address]
      let run = try await Programs.patrond(other)
      #expect(run.exit == .status(1))
      expectLine(run, [server.address, "in use"])
      let check = try await Programs.patrond(["check", "--data", folder.file("two")])
      #expect(check.output == "ok: 0 customers, 0 orders, 0 events\n", "\(check.errors)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// A corruption of the database's first page, and the words that the error must contain.
    struct Damage: Sendable, CustomTestStringConvertible {
      let testDescription: String
      let offset: Int
      let bytes: [UInt8]
      let says: [String]
    }

    /// Offsets after https://www.sqlite.org/fileformat2.html#the_database_header.
    static let damages = [
      Damage(
        testDescription: "from a newer version",
        offset: 60,
        bytes: [0, 0, 3, 0xe7],
        says: ["999", "newer"]
      ),
      Damage(
        testDescription: "no SQLite file",
        offset: 0,
        bytes: Array("No database, sorry".utf8),
        says: ["damaged", "restore a backup"]
      ),
      Damage(
        testDescription: "a damaged header",
        offset: 16,
        bytes: [0xff, 0xff, 9, 9, 9],
        says: ["damaged", "restore a backup"]
      ),
      Damage(
        testDescription: "of another program",
        offset: 68,
        bytes: [1, 2, 3, 4],
        says: ["not Patron's"]
      ),
    ]

    @Test("a database that is", arguments: damages)
    func damagedDatabase(_ damage: Damage) async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      let database = folder.file("data/patron.db")
      try Files.overwrite(database, at: damage.offset, with: damage.bytes)
      let before = FileManager.default.contents(atPath: database)
      for command in [["serve", "--listen", "127.0.0.1:0"], ["check"], ["compact"]] {
        let run = try await Programs.patrond(command + ["--data", folder.file("data")])
        #expect(run.exit == .status(1), "\(command)")
        expectLine(run, damage.says + [database])
      }
      #expect(FileManager.default.contents(atPath: database) == before)
    }

    @Test("a data directory that is a file, and one that cannot be created")
    func noDirectory() async throws {
      let folder = TemporaryDirectory()
      let file = try folder.write("file", "")
      for path in [file, file + "/below"] {
        let run = try await Programs.patrond(["--data", path, "--listen", "127.0.0.1:0"])
        #expect(run.exit == .status(1))
        expectLine(run, [file, "directory"])
      }
    }

    @Test("nothing is created in a directory without data", arguments: ["check", "compact"])
    func nothingIsMade(_ command: String) async throws {
      let folder = TemporaryDirectory()
      let missing = folder.file("missing")
      let none = try await Programs.patrond([command, "--data", missing])
      #expect(none.exit == .status(1))
      expectLine(none, [missing, "patron.db"])
      #expect(!Files.exists(missing))
      _ = try folder.write("other", "")
      let empty = try await Programs.patrond([command, "--data", folder.path])
      #expect(empty.exit == .status(1))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["other"])
    }

    @Test("`patrond compact` frees unused space and leaves a valid database")
    func compact() async throws {
      let folder = TemporaryDirectory()
      let data = ["--data", folder.file("data")]
      _ = try await Programs.patrond(["generate", "--customers", "500"] + data)
      let run = try await Programs.patrond(["compact"] + data)
      #expect(run.output.hasPrefix("ok: ") && run.output.contains(" MiB before"), "\(run.output)")
      let check = try await Programs.patrond(["check"] + data)
      #expect(check.output.hasPrefix("ok: 500 customers"), "\(check.output) \(check.errors)")
    }

    @Test("a misspelt command is reported")
    func misspeltCommand() async throws {
      let folder = TemporaryDirectory()
      let run = try await Programs.patrond(["chek", "--data", folder.file("data")])
      #expect(run.exit == .status(2))
      expectLine(run, ["chek", "did you mean `check`?"])
      #expect(!Files.exists(folder.file("data")))
    }

    /// Flags that are refused before anything is created.
    static let flags: [(arguments: [String], says: [String])] = [
      (["--listen", "0.0.0.0:0"], ["0.0.0.0:0", "--insecure-listen"]),
      (["--listen", "[::]:0"], ["[::]:0", "--insecure-listen"]),
      (
        ["--listen", "0.0.0.0:0", "--insecure-listen", "--auth", "off"],
        ["--auth off", "0.0.0.0:0", "patrond keys create"]
      ),
      (["--auth", "maybe"], ["maybe", "keys"]),
      (["--max-key-scans", "1025"], ["--max-key-scans", "1024"]),
      (["--listen", "localhost"], ["localhost", "HOST:PORT"]),
      (["--listen", "127.0.0.1:http"], ["127.0.0.1:http", "port"]),
      (["--listen", "tls://127.0.0.1:0"], ["tls://127.0.0.1:0", "--tls-cert"]),
      (["--listen", "plain:0.0.0.0:0"], ["plain:0.0.0.0:0", "--insecure-listen"]),
      (["--listen", "plain:unix:/tmp/x"], ["plain: is for HOST:PORT"]),
      (["--ops-listen", "0.0.0.0:0"], ["0.0.0.0:0", "--insecure-ops-listen"]),
      (["--ops-listen", "tls://127.0.0.1:0"], ["it speaks no TLS"]),
      (["--tls-cert", "x"], ["--tls-cert needs --tls-key"]),
      (["--tls-key", "x"], ["--tls-key needs --tls-cert"]),
      (["--tls-client-ca", "x"], ["--tls-client-ca needs --tls-cert"]),
      (["--tls-min-version", "1.1"], ["1.1", "1.2 or 1.3"]),
      (["--tls-handshake-timeout-ms", "1"], ["--tls-handshake-timeout-ms", "100"]),
      (["--unix-socket-mode", "0400"], ["0400", "0600"]),
      (["--unix-socket-mode", "0688"], ["0688", "octal"]),
      (["--max-request-bytes", "5"], ["--max-request-bytes", "1024"]),
      (["--max-log-mib", "0"], ["--max-log-mib", "1"]),
      (["--max-scans-per-store", "0"], ["--max-scans-per-store", "1"]),
      (["--threads", "0"], ["--threads", "64"]),
      (["--synchronous", "maybe"], ["maybe", "full"]),
      (["--nosuch"], ["--nosuch"]),
    ]

    @Test("wrong flags exit with status 2, and no data directory is created")
    func wrongFlags() async throws {
      let folder = TemporaryDirectory()
      for (arguments, says) in Self.flags {
        let run = try await Programs.patrond(["--data", folder.file("data")] + arguments)
        #expect(run.exit == .status(2), "\(arguments): \(run.errors)")
        expectLine(run, says)
      }
      #expect(!Files.exists(folder.file("data")))
    }

    @Test("corruption inside the database is found by `patrond check`")
    func damageInside() async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      let made = try await Programs.patrond(["generate", "--data", data, "--customers", "2000"])
      #expect(made.exit == .status(0), "\(made.errors)")
      #expect(made.errorLines.last?.hasPrefix("new: 2,000 customers, ") == true, "\(made.errors)")
      let again = try await Programs.patrond(["generate", "--data", data, "--customers", "2000"])
      #expect(again.errorLines.last == "new: 0 customers, 0 events", "\(again.errors)")
      let well = try await Programs.patrond(["check", "--data", data])
      #expect(well.output.hasPrefix("ok: 2,000 customers, 0 orders, "), "\(well.errors)")
      let page = 4096
      let middle = Files.size(data + "/patron.db") / page / 2
      let rubbish = [UInt8](repeating: 0xaa, count: page)
      try Files.overwrite(data + "/patron.db", at: middle * page, with: rubbish)
      let run = try await Programs.patrond(["check", "--data", data])
      #expect(run.exit == .status(1), "\(run)")
      #expect(!run.output.contains("ok:") && !run.errors.isEmpty, "\(run)")
    }

    /// Checks that the first line of standard error is an error with these words.
    private func expectLine(_ run: Finished, _ words: [String]) {
      let line = run.errorLines.first ?? ""
      #expect(line.hasPrefix("Error: ") || line.hasPrefix("error: "), "\(run.errors)")
      for word in words { #expect(line.contains(word), "\(line)") }
    }
  }
}
