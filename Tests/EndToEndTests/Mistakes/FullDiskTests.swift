import Glibc
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// A full disk stops writes, but not reads; writes continue once there is room.
  @Suite struct FullDiskTests {
    @Test(
      "a full disk, then room again",
      .enabled("needs root and the right to mount a tmpfs") {
        await SmallDisk.isPossible()
      },
      .timeLimit(.minutes(15))
    )
    func fullDisk() async throws {
      let disk = try await SmallDisk(mebibytes: 8)
      do {
        try await fill(disk)
      } catch {
        Issue.record("\(error)")
      }
      try await disk.unmount()
    }

    @Test(
      "a start and an erasure on a disk that is full",
      .enabled("needs root and the right to mount a tmpfs") {
        await SmallDisk.isPossible()
      },
      .timeLimit(.minutes(15))
    )
    func startAndErasure() async throws {
      let disk = try await SmallDisk(mebibytes: 16)
      do {
        try await startFull(disk)
      } catch {
        Issue.record("\(error)")
      }
      try await disk.unmount()
    }

    @Test(
      "a backup on a disk that is too small ends, and nothing else",
      .enabled("needs root and the right to mount a tmpfs") {
        await SmallDisk.isPossible()
      },
      .timeLimit(.minutes(15))
    )
    func backup() async throws {
      let disk = try await SmallDisk(mebibytes: 1)
      do {
        try await backUp(to: disk)
      } catch {
        Issue.record("\(error)")
      }
      try await disk.unmount()
    }

    private func backUp(to disk: SmallDisk) async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      let flags = ["--data", data, "--customers", "3000", "--seed", "1"]
      let made = try await Programs.patrond(["generate"] + flags)
      #expect(made.exit == .status(0), "\(made.errors)")
      let server = try await PatronServer.start(data: data)
      let run = try await Programs.patrond(
        ["backup", "--data", data, "--to", disk.file("copy.db")]
      )
      #expect(run.exit == .status(1) && run.errors.contains("no space is left"), "\(run)")
      for name in ["copy.db", "copy.db.partial", "copy.db.sha256"] {
        #expect(!Files.exists(disk.file(name)), "\(name)")
      }
      let client = try server.client()
      try await Self.upsert("after", client)
      await client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    private func startFull(_ disk: SmallDisk) async throws {
      let flags = ["--disk-reserve-mib", "2"]
      let first = try await PatronServer.start(data: disk.file("data"), flags: flags)
      let before = try first.client()
      for name in ["kept", "erased"] { try await Self.upsert(name, before) }
      await before.close()
      #expect(try await first.stop() == .status(0), "\(first.errors)")
      #expect(Files.size(disk.file("data/patron.reserve")) == 2 << 20)

      let filler = disk.fill()
      let server = try await PatronServer.start(data: disk.file("data"), flags: flags)
      let client = try server.client()
      #expect(server.errors.contains("only deletions are accepted"), "\(server.errors)")
      let refused = try await Self.writeUntilRefused(client)
      #expect(refused.code == .resourceExhausted && refused.reason == "DISK_FULL", "\(refused)")
      let receipt = try await client.customers.deleteCustomer(
        .with { $0.customer = .externalID("erased") }
      )
      #expect(receipt.receiptID > 0)

      unlink(filler)
      // The server looks for room once a second.
      try await Self.upsertInTheEnd("after", client)
      #expect(server.errors.contains("room again"), "\(server.errors)")
      await client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      let check = try await Programs.patrond(["check", "--data", disk.file("data")])
      #expect(check.output.hasPrefix("ok: 2 customers"), "\(check)")
      #expect(Files.size(disk.file("data/patron.reserve")) == 2 << 20)
    }

    private static func upsertInTheEnd(_ name: String, _ client: PatronClient) async throws {
      let deadline = ContinuousClock.now + .seconds(60)
      while true {
        do throws(RPCError) {
          return try await upsert(name, client)
        } catch {
          guard error.reason == "DISK_FULL", ContinuousClock.now < deadline else { throw error }
        }
        try await Task.sleep(for: .milliseconds(20))
      }
    }

    private func fill(_ disk: SmallDisk) async throws {
      let server = try await PatronServer.start(data: disk.file("data"))
      let client = try server.client()
      try await Self.upsert("before", client)
      let filler = disk.fill()
      let refused = try await Self.writeUntilRefused(client)
      #expect(refused.code == .resourceExhausted && refused.reason == "DISK_FULL", "\(refused)")
      for _ in 0..<20 {
        let read = try await client.customers.getCustomer(
          .with { $0.customer = .externalID("before") }
        )
        #expect(read.customer?.email == "before@example.com")
      }
      let line = try await Programs.patron(
        [
          "customers", "upsert", "--external-id", "cli", "--email", "cli@example.com",
          "--first-name", String(repeating: "A", count: 250), "--timeout", "10s",
        ],
        at: server.address
      )
      #expect(line.exit == .status(72), "\(line.errors)")
      #expect(line.errorLines.first?.contains("DISK_FULL") == true, "\(line.errors)")

      unlink(filler)
      try await Self.upsert("after", client)
      let after = try await client.customers.getCustomer(
        .with { $0.customer = .externalID("after") }
      )
      #expect(after.customer?.email == "after@example.com")
      await client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      let check = try await Programs.patrond(["check", "--data", disk.file("data")])
      #expect(check.output.hasPrefix("ok: "), "\(check)")
    }

    private static func upsert(_ name: String, _ client: PatronClient) async throws(RPCError) {
      _ = try await client.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.externalID = name
            $0.email = "\(name)@example.com"
            $0.firstName = String(repeating: "A", count: 250)
          }
        }
      )
    }

    /// Writes until the last pages are full, and returns the error of the first failure.
    private static func writeUntilRefused(_ client: PatronClient) async throws -> RPCError {
      for number in 0..<10_000 {
        do throws(RPCError) {
          try await upsert("full-\(number)", client)
        } catch {
          return error
        }
      }
      throw HarnessError("ten thousand customers found room on a full disk")
    }
  }
}

/// A small file system for the test.
private struct SmallDisk {
  private let folder: TemporaryDirectory
  private var mountPoint: String { folder.file("disk") }

  init(mebibytes: Int) async throws {
    folder = TemporaryDirectory()
    guard mkdir(folder.file("disk"), 0o700) == 0 else { throw HarnessError("mkdir failed") }
    let mounted = try await Programs.run(
      Tool.find("mount") ?? "/bin/mount",
      ["-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=0700", "tmpfs", folder.file("disk")]
    )
    guard mounted.exit == .status(0) else { throw HarnessError(mounted.errors) }
  }

  /// Returns true if the machine allows the test to mount one.
  static func isPossible() async -> Bool {
    guard geteuid() == 0, let disk = try? await SmallDisk(mebibytes: 1) else { return false }
    return (try? await disk.unmount()) != nil
  }

  func file(_ name: String) -> String { mountPoint + "/" + name }

  /// Fills the disk and returns the path of the file that does.
  func fill() -> String {
    let path = file("filler")
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    let block = [UInt8](repeating: 1, count: 4096)
    while write(descriptor, block, block.count) > 0 {}
    close(descriptor)
    return path
  }

  func unmount() async throws {
    let done = try await Programs.run(Tool.find("umount") ?? "/bin/umount", [mountPoint])
    guard done.exit == .status(0) else { throw HarnessError(done.errors) }
  }
}
