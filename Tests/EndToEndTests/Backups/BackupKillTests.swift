import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// A server that is killed while it makes backups leaves no finished copy that is not one.
  /// `PATRON_TEST_BACKUP_KILLS` sets the number of kills.
  @Suite struct BackupKillTests {
    private let folder = TemporaryDirectory()
    private var data: String { folder.file("data") }
    private var copies: String { folder.file("copies") }

    private static let kills =
      Installation.variable("PATRON_TEST_BACKUP_KILLS").flatMap { Int($0) } ?? 6
    private static let customers = "3000"

    @Test("kill -9 in the middle of backups", .timeLimit(.minutes(15)))
    func finishedCopiesAreSound() async throws {
      var random = SeededRandom()
      let made = try await Programs.patrond(
        ["generate", "--data", data, "--customers", Self.customers, "--seed", "1"]
      )
      #expect(made.exit == .status(0), "\(made.errors)")
      try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: false)
      for kill in 0..<Self.kills {
        let server = try await PatronServer.start(data: data)
        let path = "\(copies)/copy-\(kill).db"
        async let run = Programs.patrond(["backup", "--data", data, "--to", path])
        try await Task.sleep(for: .milliseconds(Int.random(in: 1...150, using: &random)))
        try await server.kill()
        // The command ends one way or the other: the server may have finished before.
        _ = try await run
      }
      var finished = 0
      for name in try FileManager.default.contentsOfDirectory(atPath: copies)
      where name.hasSuffix(".db") {
        finished += 1
        #expect(Files.exists("\(copies)/\(name).sha256"), "seed \(random.seed): \(name)")
        let target = folder.file("restored-\(name)")
        let restored = try await Programs.patrond(
          ["restore", "--from", "\(copies)/\(name)", "--data", target]
        )
        #expect(restored.exit == .status(0), "seed \(random.seed): \(restored)")
        #expect(!restored.errors.contains("warning"), "\(restored.errors)")
        try FileManager.default.removeItem(atPath: target)
      }
      print("killed backups: seed \(random.seed), \(finished) of \(Self.kills) finished")
      let check = try await Programs.patrond(["check", "--data", data])
      #expect(check.exit == .status(0), "\(check)")
    }
  }
}
