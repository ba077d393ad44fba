import Foundation
import PatronClient
import TestKit
import Testing

@testable import patron

/// Tests of the requests and output of `patron audit`.
struct AuditCommandTests {
  private static func entry(
    _ sequence: Int64,
    _ adjust: (inout AuditEntry) -> Void = { _ in }
  ) -> AuditEntry {
    .with {
      $0.sequence = sequence
      $0.storeID = "shop"
      $0.recordedAt = .with { $0.seconds = 1_700_000_000 + sequence }
      $0.peer = "192.0.2.1"
      $0.action = "merge.perform"
      $0.targets = ["merge:\(sequence)", "customer:17"]
      $0.hash = [UInt8](repeating: UInt8(sequence), count: 3)
      adjust(&$0)
    }
  }

  @Test func listTakesEveryFlag() async throws {
    let server = FakeServer()
    server.on(AdminService.listAudit) { _ in ListAuditResponse() }
    let outcome = try await patron(
      [
        "audit", "list", "--store", "shop", "--all-stores", "--action", "merge", "--action",
        "key.create", "--key-id", "01h2xcejqtf2nbrexx3vqjhp41", "--since", "2024-01-01", "--until",
        "2024-02-01T12:00Z", "--oldest-first", "--limit", "20",
      ],
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.out.isEmpty && outcome.err.contains("no entries"))
    let request = try #require(
      try server.requests(ListAuditRequest.self, "ListAudit").first
    )
    #expect(
      try request.json() == """
        {"storeId":"shop","everyStore":true,"oldestFirst":true,\
        "actions":["merge.perform","merge.undo","key.create"],\
        "keyId":"01h2xcejqtf2nbrexx3vqjhp41","recordedFrom":"2024-01-01T00:00:00Z",\
        "recordedBefore":"2024-02-01T12:00:00Z","pageSize":20}
        """
    )
  }

  @Test func entriesAreATable() async throws {
    let server = FakeServer()
    server.on(AdminService.listAudit) { _ in
      .with {
        $0.entries = [
          Self.entry(12) {
            $0.author = .with {
              $0.keyID = "01h2"
              $0.onBehalfOf = "ada"
            }
          },
          Self.entry(9) {
            $0.action = "authentication.fail"
            $0.result = 16
            $0.targets = ["reason:KEY_UNKNOWN", "attempts:3"]
          },
        ]
        $0.nextPageToken = "NEXT"
      }
    }
    let outcome = try await patron(["audit", "list", "--limit", "2"], server: server, columns: 160)
    #expect(outcome.status == 0)
    let lines = outcome.out.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(
      lines == [
        "SEQUENCE TIME STORE ACTION RESULT KEY FOR PEER TARGETS",
        "12 2023-11-14T22:13:32Z shop merge.perform 01h2 ada 192.0.2.1 merge:12 customer:17",
        "9 2023-11-14T22:13:29Z shop authentication.fail UNAUTHENTICATED 192.0.2.1 "
          + "reason:KEY_UNKNOWN attempts:3",
      ]
    )
    #expect(outcome.err.contains("--page-token NEXT"))
  }

  @Test func misspelledActionsAreNamed() async throws {
    let outcome = try await patron("audit", "list", "--action", "merge.preform")
    #expect(outcome.status == 2 && outcome.err.contains("Did you mean `merge.perform`?"))
    let nonsense = try await patron("audit", "list", "--action", "nonsense")
    for name in ["key.create", "audit.prune", "the word before the dot"] {
      #expect(nonsense.status == 2 && nonsense.err.contains(name), "\(nonsense.err)")
    }
    let negative = try await patron("audit", "export", "--after=-1")
    #expect(negative.status == 2 && negative.err.contains("--after is -1"))
    let form = try await patron("audit", "export", "-o", "json")
    #expect(form.status == 2 && form.err.contains("always JSON"))
  }

  /// The key may be one of every store, whose entries are those of all stores.
  @Test func anEmptyAnswerNamesTheStoreAndTheWayToTheOthers() async throws {
    let server = FakeServer()
    server.on(AdminService.listAudit) { _ in ListAuditResponse() }
    for (store, name) in [([], "the store of the key"), (["--store", "shop"], "the store shop")] {
      for verb in ["list", "export"] {
        let outcome = try await patron(["audit", verb] + store, server: server)
        #expect(outcome.status == 0 && outcome.out.isEmpty)
        #expect(outcome.err.contains("no entries of \(name)"), "\(outcome.err)")
        #expect(outcome.err.contains("--all-stores"), "\(outcome.err)")
      }
    }
    let all = try await patron(["audit", "list", "--all-stores"], server: server)
    #expect(all.err == "no entries\n")
  }

  @Test func exportWritesLinesOfAllPages() async throws {
    let server = FakeServer()
    server.on(AdminService.listAudit) { request in
      .with {
        $0.entries = request.pageToken.isEmpty ? [Self.entry(8), Self.entry(9)] : [Self.entry(10)]
        $0.nextPageToken = request.pageToken.isEmpty ? "NEXT" : ""
      }
    }
    let directory = TemporaryDirectory()
    let path = directory.file("audit.ndjson")
    let outcome = try await patron(
      ["audit", "export", "--after", "7", "-o", path],
      server: server
    )
    #expect(outcome.status == 0 && outcome.out.isEmpty, "\(outcome.err)")
    #expect(outcome.err.contains("3 entries in \(path)"))
    #expect(outcome.err.contains("the last is 10, with the hash 0a0a0a\n"), "\(outcome.err)")
    let requests = try server.requests(ListAuditRequest.self, "ListAudit")
    #expect(requests.map(\.pageToken) == ["", "NEXT"])
    #expect(requests.allSatisfy { $0.oldestFirst && $0.afterSequence == 7 && $0.pageSize == 1000 })
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let entries = try text.split(separator: "\n").map { try AuditEntry(json: String($0)) }
    #expect(entries == [Self.entry(8), Self.entry(9), Self.entry(10)])
    let piped = try await patron(["audit", "export"], server: server)
    #expect(piped.out == text && piped.err.isEmpty)
  }
}
