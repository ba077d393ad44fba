import Foundation
import PatronClient
import Synchronization
import Testing

@testable import patron

/// Tests of the output of `patron status`.
struct StatusCommandTests {
  private static let status = GetStatusResponse.with {
    $0.version = "0.1.0"
    $0.sqliteVersion = "3.40.1"
    $0.schemaVersion = 19
    $0.startedAt = .with { $0.seconds = 1_700_000_000 }
    $0.now = .with { $0.seconds = 1_700_093_600 }
    $0.addresses = ["127.0.0.1:7420"]
    $0.notReadyReason = "DISK_FULL"
    $0.databaseBytes = 3_670_016
    $0.databaseFreeBytes = 512
    $0.settings = [
      .with {
        $0.name = "threads"
        $0.value = "4\u{1B}[31m"
        $0.origin = "file"
      },
      .with {
        $0.name = "max-calls"
        $0.value = "16384"
        $0.origin = "default"
      },
    ]
  }

  @Test func tableHasWhatMatters() async throws {
    let server = FakeServer()
    server.on(OperationsService.getStatus) { _ in Self.status }
    let outcome = try await patron("status", server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    for text in [
      "0.1.0, SQLite 3.40.1, schema 19", "2023-11-14T22:13:20Z, 1 d 2 h ago", "no: DISK_FULL",
      "3.5 MiB, 512 B of it free", "setting threads", "(file)", "none since the start",
    ] {
      #expect(outcome.out.contains(text), "\(text): \(outcome.out)")
    }
    #expect(!outcome.out.contains("\u{1B}") && !outcome.out.contains("max-calls"))
  }

  @Test func watchPrintsLinesElsewhereAndRedrawsATerminal() async throws {
    for terminal in [false, true] {
      let server = FakeServer()
      let looks = Mutex(0)
      server.on(OperationsService.getStatus) { _ throws(RPCError) in
        let count = looks.withLock { looks in
          looks += 1
          return looks
        }
        if count > 2 { throw RPCError(code: .unauthenticated, message: "no") }
        return Self.status
      }
      let outcome = try await patron(
        "status",
        "--watch",
        "--every",
        "1ms",
        server: server,
        terminal: terminal
      )
      #expect(outcome.status == 80)
      let clears = outcome.out.components(separatedBy: "\u{1B}[2J").count - 1
      #expect(clears == (terminal ? 2 : 0))
      if !terminal { #expect(outcome.out.split(separator: "\n").count == 2) }
    }
  }
}
