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
      var inside = 0
      for kill in 0..<Self.kills {
        let server = try await PatronServer.start(data: data)
        let path = "\(copies)/copy-\(kill).db"
        async let run = Programs.patrond(["backup", "--data", data, "--to", path])
        // On a busy machine the command takes longer to start than the server to copy.
        try await Self.untilBegun(path)
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...150, using: &random)))
        try await server.kill()
        inside += Files.exists("\(path).partial") ? 1 : 0
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
      print(
        "killed backups: seed \(random.seed), \(inside) of \(Self.kills) while they were copied, "
          + "\(finished) finished"
      )
      let check = try await Programs.patrond(["check", "--data", data])
      #expect(check.exit == .status(0), "\(check)")
    }

    /// Waits until a backup is being copied, or is there; at most some seconds.
    private static func untilBegun(_ path: String) async throws {
      for _ in 0..<5000 where !Files.exists("\(path).partial") && !Files.exists(path) {
        try await Task.sleep(for: .milliseconds(1))
      }
    }
  }
}
