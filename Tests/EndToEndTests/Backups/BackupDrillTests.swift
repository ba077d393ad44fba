import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// Backups by the programs, and the way back from one.
  @Suite struct BackupDrillTests {
    private let folder = TemporaryDirectory()
    private var data: String { folder.file("data") }
    private var copy: String { folder.file("copy.db") }

    private func patron(_ arguments: [String], at server: PatronServer) async throws {
      let run = try await Programs.patron(arguments, at: server.address)
      #expect(run.exit == .status(0), "\(arguments): \(run.errors)")
    }

    private func backup(_ arguments: String...) async throws -> Finished {
      try await Programs.patrond(["backup", "--data", data] + arguments)
    }

    private func restore(_ target: String, _ arguments: String...) async throws -> Finished {
      try await Programs.patrond(
        ["restore", "--from", copy, "--data", folder.file(target)] + arguments
      )
    }

    /// Makes customers, a copy, and then an erasure. Returns the exported audit log.
    private func lose(_ server: PatronServer) async throws -> String {
      for id in ["1", "2", "3"] {
        let flags = ["--external-id", id, "--email", "c\(id)@example.com"]
        try await patron(["customers", "upsert"] + flags, at: server)
      }
      let made = try await backup("--to", copy)
      #expect(made.exit == .status(0) && made.output.hasPrefix("ok: \(copy), "), "\(made)")
      try await patron(["customers", "delete", "--external-id", "2", "--yes"], at: server)
      let key = folder.file("admin.key")
      let created = try await Programs.patrond(
        ["keys", "create", "--data", data, "--all-stores", "--scopes", "admin", "--out", key]
      )
      #expect(created.exit == .status(0), "\(created.errors)")
      let export = folder.file("audit.ndjson")
      let flags = ["audit", "export", "--all-stores", "-o", export, "--key-file", key]
      try await patron(flags, at: server)
      return export
    }

    @Test("restore drill: back up, lose, restore, erase again, serve", .timeLimit(.minutes(15)))
    func drill() async throws {
      let server = try await PatronServer.start(data: data)
      let export = try await lose(server)
      let line = "cd '\(folder.path)' && sha256sum --check copy.db.sha256"
      let sum = try await Programs.run("/bin/sh", ["-c", line])
      #expect(sum.exit == .status(0), "\(sum.errors)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")

      let plain = try await restore("plain")
      #expect(plain.exit == .status(0), "\(plain.errors)")
      #expect(plain.output.hasPrefix("ok: \(folder.file("plain")) has 3 customers"), "\(plain)")
      let again = try await restore("erased", "--erasures", export)
      #expect(again.exit == .status(0), "\(again.errors)")
      #expect(again.output.contains("erased again: 1 customer;"), "\(again)")

      let restored = try await PatronServer.start(data: folder.file("erased"))
      for (id, status) in [("1", Exit.status(0)), ("2", .status(69)), ("3", .status(0))] {
        let get = ["customers", "get", "--external-id", id]
        let found = try await Programs.patron(get, at: restored.address)
        #expect(found.exit == status, "\(id): \(found.errors)")
      }
      let flags = ["--external-id", "4", "--email", "c4@example.com"]
      try await patron(["customers", "upsert"] + flags, at: restored)
      #expect(try await restored.stop() == .status(0), "\(restored.errors)")
      let check = try await Programs.patrond(["check", "--data", folder.file("erased")])
      #expect(check.exit == .status(0), "\(check)")
    }

    @Test("mistakes are told, and nothing is overwritten", .timeLimit(.minutes(15)))
    func mistakes() async throws {
      let server = try await PatronServer.start(data: data)
      #expect(try await backup("--to", copy).exit == .status(0))
      let before = try Data(contentsOf: URL(filePath: copy))
      let taken = try await backup("--to", copy)
      #expect(taken.exit == .status(1) && taken.errors.contains("exists"), "\(taken)")
      let nowhere = try await backup("--to", folder.file("none/copy.db"))
      #expect(nowhere.exit == .status(1) && nowhere.errors.contains("no directory"), "\(nowhere)")
      #expect(try Data(contentsOf: URL(filePath: copy)) == before)
      #expect(try await server.stop() == .status(0), "\(server.errors)")

      // Without a server the command does it itself.
      let stopped = try await backup("--to", folder.file("stopped.db"), "--output", "json")
      #expect(stopped.exit == .status(0) && stopped.output.contains(#""sha256""#), "\(stopped)")
      let used = try await Programs.patrond(["restore", "--from", copy, "--data", data])
      #expect(used.exit == .status(1) && used.errors.contains("has a database"), "\(used)")
      try Files.overwrite(copy, at: before.count / 2, with: [0x55, 0xAA, 0x55])
      let damaged = try await restore("new")
      #expect(damaged.exit == .status(1) && damaged.errors.contains("SHA-256"), "\(damaged)")
      #expect(!Files.exists(folder.file("new/patron.db")))
      let none = try await Programs.patrond(["backup", "--data", folder.file("x"), "--to", copy])
      #expect(none.exit == .status(1) && none.errors.contains("no patron.db"), "\(none)")
    }

    @Test("the server makes backups by itself and runs the hook", .timeLimit(.minutes(15)))
    func schedule() async throws {
      let target = folder.file("backups")
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
      let told = folder.file("told")
      let flags = [
        "--backup-dir", target, "--backup-every", "1h", "--backup-keep", "1",
        "--backup-hook", "printf '%s %s' \"$1\" \"$PATRON_BACKUP_FILE\" > '\(told)'",
      ]
      let server = try await PatronServer.start(data: data, flags: flags)
      let end = ContinuousClock.now + .seconds(60)
      while Files.size(told) == 0, ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(10))
      }
      let names = Files.text(told).split(separator: " ").map(String.init)
      #expect(names.count == 2 && names.first == names.last, "\(server.errors)")
      let path = try #require(names.first)
      #expect(path.hasPrefix(target + "/patron-") && Files.exists(path + ".sha256"))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      #expect(server.errors.contains("made the backup \(path)"), "\(server.errors)")
      let wrong = try await Programs.patrond(["--data", data, "--backup-every", "1h"])
      #expect(wrong.exit == .status(2) && wrong.errors.contains("--backup-dir"), "\(wrong)")
    }
  }
}
