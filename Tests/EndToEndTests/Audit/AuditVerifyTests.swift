import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// `patrond audit`, with and without a running server.
  @Suite struct AuditVerifyTests {
    private let folder = TemporaryDirectory()
    private var data: String { folder.file("data") }

    private func audit(_ arguments: [String]) async throws -> Finished {
      try await Programs.patrond(["audit"] + arguments + ["--data", data])
    }

    /// Changes the time zone, and erases a customer.
    private func fill(_ server: PatronServer) async throws {
      for line in [
        ["settings", "set", "--timezone", "Europe/Berlin"],
        ["customers", "upsert", "--external-id", "42", "--email", "ada@example.com"],
        ["customers", "delete", "--external-id", "42", "--yes"],
      ] {
        let run = try await Programs.patron(line, at: server.address)
        #expect(run.exit == .status(0), "\(run.errors)")
      }
    }

    @Test("one flipped byte of the file is found", .timeLimit(.minutes(15)))
    func aFlippedByteIsFound() async throws {
      let server = try await PatronServer.start(data: data)
      try await fill(server)
      let list = try await audit(["list"])
      #expect(list.exit == .status(0), "\(list.errors)")
      for text in ["settings.update", "setting:time_zone", "erasure.begin", "erasure.complete"] {
        #expect(list.output.contains(text), "\(list.output)")
      }
      #expect(!list.output.contains("ada@"))
      let running = try await audit(["verify"])
      #expect(running.exit == .status(0), "\(running.errors)")
      #expect(running.output.hasPrefix("ok: 3 rows; the last is 3, with the hash "))
      #expect(try await server.stop() == .status(0), "\(server.errors)")

      let hash = String(running.output.dropLast().suffix(64))
      let stopped = try await audit(["verify", "--expect", hash])
      #expect(stopped.exit == .status(0) && stopped.output == running.output)
      let other = try await audit(["verify", "--expect", String(hash.reversed())])
      #expect(other.exit == .status(1) && other.errors.contains("no row"))
      #expect(try await audit(["verify", "--expect", "abc"]).exit == .status(2))
      let zeros = try await audit(["verify", "--expect", String(repeating: "0", count: 64)])
      #expect(zeros.exit == .status(2) && zeros.errors.contains("all zeros"), "\(zeros.errors)")
      let group = try await audit(["list", "--action", "erasure"])
      #expect(group.output.split(separator: "\n").count == 3, "\(group.output)\(group.errors)")

      try flip("setting:time_zone")
      let flipped = try await audit(["verify"])
      #expect(flipped.exit == .status(1) && flipped.errors.contains("row 1 of the audit log"))
      let check = try await Programs.patrond(["check", "--data", data])
      #expect(check.exit == .status(1) && check.output.contains("row 1 of the audit log"))
    }

    /// Flips a bit in every copy of a text in the database file.
    private func flip(_ text: String) throws {
      let file = URL(filePath: data + "/patron.db")
      var bytes = try Data(contentsOf: file)
      var flipped = 0
      while let found = bytes.range(of: Data(text.utf8)) {
        bytes[found.lowerBound] ^= 1
        flipped += 1
      }
      #expect(flipped > 0)
      try bytes.write(to: file)
    }

    private func expectSound(_ begin: String) async throws {
      let verified = try await audit(["verify"])
      #expect(verified.output.hasPrefix(begin), "\(verified.output)\(verified.errors)")
    }

    @Test(
      "old rows are removed, with and without a server, and the rest fits",
      .timeLimit(.minutes(15))
    )
    func oldRowsAreRemoved() async throws {
      let server = try await PatronServer.start(data: data)
      try await fill(server)
      let early = try await audit(["prune", "--before", "2001-01-01", "--yes"])
      #expect(early.output == "ok: 0 rows removed\n", "\(early.errors)")
      let pruned = try await audit(["prune", "--before", "2099-01-01", "--yes"])
      #expect(pruned.output == "ok: 3 rows removed\n", "\(pruned.errors)")
      try await expectSound("ok: 1 row, those up to 3 were pruned; the last is 4, with")
      let call = ["call", "PruneAudit", #"{"recordedBefore":"2099-01-01T00:00:00Z"}"#]
      let refused = try await Programs.patron(call, at: server.address)
      #expect(refused.errors.contains("SCOPE_MISSING"), "\(refused.errors)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")

      // The refusal has a row.
      try await expectSound("ok: 2 rows, those up to 3 were pruned; the last is 5, with")
      let stopped = try await audit(["prune", "--before", "2099-01-01", "--yes"])
      #expect(stopped.output == "ok: 2 rows removed\n", "\(stopped.errors)")
      try await expectSound("ok: 1 row, those up to 5 were pruned; the last is 6, with")
      let check = try await Programs.patrond(["check", "--data", data])
      #expect(check.exit == .status(0), "\(check.output)\(check.errors)")
      let unasked = try await audit(["prune", "--before", "2099-01-01"])
      #expect(unasked.exit == .status(2))
      for text in ["prune --before 2099-01-01 --yes`", "Usage: patrond audit prune"] {
        #expect(unasked.errors.contains(text), "\(unasked.errors)")
      }
      #expect(try await audit(["prune", "--before", "soon", "--yes"]).exit == .status(2))
    }

    /// The first refusal has a row at once. The next is counted until the server stops, and its row
    /// has the time of the call.
    @Test("a removal says how many older rows it leaves", .timeLimit(.minutes(15)))
    func olderRowsMayBeLeft() async throws {
      let shop = KeyedShop()
      let server = try await shop.serve()
      #expect(try await shop.calls(server, with: nil) == .status(80))
      let refused = ["audit", "list", "--action", "authentication"]
      for _ in 0..<1000 {
        if try await shop.patrond(refused).output.contains("KEY_MISSING") { break }
      }
      #expect(try await shop.calls(server, with: nil) == .status(80))
      let now = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
      try await shop.patrond(["stores", "create", "later"])
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      let pruned = try await shop.patrond(["audit", "prune", "--before", now, "--yes"])
      let rest = "1 older row left behind a row that is not older"
      #expect(pruned.output == "ok: 1 row removed; \(rest)\n")
    }
  }
}
