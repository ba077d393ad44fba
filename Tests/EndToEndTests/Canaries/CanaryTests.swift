import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// Marked addresses, names, properties and secrets go through every kind of call. They must be in
  /// the records, and in nothing that operators or others see.
  @Suite(.enabled(if: TestCertificates.openssl != nil, "needs openssl: see dev/install"))
  struct CanaryTests {
    @Test("the search for marks finds them in any spelling")
    func searchFinds() {
      let key = "patron_3m8r0v6s2kd5w1xq9ptz7cjbna_Abc123"
      let canaries = Canaries(keys: [key])
      for text in [
        "x ZQMARILO.Mail@", "tel +1 (415) 555-7391", "from 203.0.113.77:80", "key abc123 end",
        "for Zqbehalf-7",
      ] {
        #expect(canaries.traces(in: text).count == 1, "\(text)")
      }
      #expect(canaries.traces(in: "for Zqbehalf-7", person: false).isEmpty)
      #expect(canaries.traces(in: "key patron_3m8r0v6s2kd5w1xq9ptz7cjbna zqmar 2030113").isEmpty)
    }

    @Test(
      "no mark is in logs, errors, answers to others, what commands print, or names of files",
      .timeLimit(.minutes(15))
    )
    func noMarkIsFound() async throws {
      let shop = KeyedShop()
      let common = try TestCertificates.common()
      let server = try await PatronServer.start(
        data: shop.data,
        listen: "plain:127.0.0.1:0",
        flags: ["--listen", "127.0.0.1:0", "--auth", "keys", "--drain-grace-ms", "1000"]
          + ["--log-level", "trace", "--log-format", "json", "--slow-call-ms", "1"]
          + ["--tls-cert", common.server.certificate, "--tls-key", common.server.key]
          + ["--tls-client-ca", common.authority.certificate]
      )
      let callers = try await makeCallers(shop, server)
      let canaries = Canaries(keys: [callers.owner] + callers.others)
      try await callers.useCommands(in: shop.folder)
      // Before the calls of every method, which erase the record.
      try await expectMarks(in: shop, callers, canaries)
      let logged = try await callers.callEveryMethod()
      #expect(logged.contains { $0.contains("customer") }, "no error of a rule")
      for text in logged { expectNone(canaries, in: text, "an error") }
      try await callers.sendBytes()
      try await callers.failHandshakes()

      let seen = try await callers.answersToOthers()
      for answer in seen { expectNone(canaries, in: answer, "an answer") }
      for reason in [
        "KEY_UNKNOWN", "KEY_REVOKED", "KEY_MISSING", "KEY_MALFORMED", "STORE_NOT_YOURS",
      ] {
        #expect(seen.contains { $0.contains(reason) }, "\(reason)")
      }
      try await expectCleanExport(shop, callers, canaries)
      for list in [["keys", "list"], ["stores", "list"]] {
        try await expectClean(shop, list, canaries)
        try await expectClean(shop, list + ["--output", "json"], canaries)
      }
      try await expectClean(shop, ["audit", "verify"], canaries)
      #expect(try await server.stop() == .status(0))
      // The rows about refusals are complete when the server has stopped.
      try await expectCleanAudit(shop, canaries)
      for command in ["check", "compact"] { try await expectClean(shop, [command], canaries) }
      #expect(server.errors.contains("TLS handshake with"), "\(server.errors)")
      #expect(server.errors.contains("KEY_UNKNOWN"), "\(server.errors)")
      try expectWholeLog(server.errors)
      expectNone(canaries, in: server.errors, "the log")
      let files = FileManager.default.enumerator(atPath: shop.data)?.allObjects ?? []
      #expect(!files.isEmpty)
      for file in files { expectNone(canaries, in: "\(file)", "a name of a file") }
    }

    /// Expects lines of every kind that the calls of this test make, each an object of JSON.
    private func expectWholeLog(_ log: String) throws {
      var messages: Set<String> = []
      for line in log.split(separator: "\n") {
        #expect(line.utf8.count <= 4096, "\(line)")
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let fields = try #require(object, "\(line)")
        for key in ["ts", "level", "component"] { #expect(fields[key] is String, "\(line)") }
        messages.insert(try #require(fields["msg"] as? String, "\(line)"))
      }
      for message in [
        "a connection ended", "a scan ended", "refused calls of a caller",
        "ended connections", "a checkpoint of the write-ahead log", "stopped",
      ] {
        #expect(messages.contains(message), "\(messages)")
      }
    }

    private func makeCallers(_ shop: KeyedShop, _ server: PatronServer) async throws
      -> CanaryCallers
    {
      for store in ["shop", "other"] { try await shop.patrond(["stores", "create", store]) }
      let owner = try await shop.makeKey(["--store", "shop", "--scopes", "all,admin"])
      let other = try await shop.makeKey(["--store", "other", "--scopes", "all,admin"])
      let revoked = try await shop.makeKey(["--store", "shop", "--scopes", "all"])
      let narrow = try await shop.makeKey(["--store", "shop", "--scopes", "settings"])
      try await shop.patrond(["keys", "revoke", shop.id(of: revoked)])
      let elsewhere = KeyedShop("elsewhere")
      try await elsewhere.patrond(["stores", "create", "shop"])
      let unknown = try await elsewhere.makeKey(["--store", "shop", "--scopes", "all"])
      let mixed = narrow.prefix(34) + other.dropFirst(34)
      #expect(try await shop.settles(server, with: revoked, on: .status(80)))
      let start = server.errors.split(separator: "\n").first { $0.contains(" serves ") }
      let listeners = start?.components(separatedBy: " on ").last?.components(separatedBy: ", ")
      let tls = listeners?.first { $0.hasPrefix("tls://") }?.prefix { $0 != "\"" }
      return CanaryCallers(
        server: server,
        tlsAddress: String(try #require(tls, "\(server.errors)")),
        owner: owner,
        others: [other, revoked, narrow, unknown, String(mixed)]
      )
    }

    private func expectNone(_ canaries: Canaries, in text: String, _ place: String) {
      let traces = canaries.traces(in: text)
      #expect(traces.isEmpty, "\(place): \(traces)")
    }

    /// Expects the marks where they belong, so that a search that finds nothing means something.
    /// The secrets of keys belong nowhere.
    private func expectMarks(
      in shop: KeyedShop,
      _ callers: CanaryCallers,
      _ canaries: Canaries
    ) async throws {
      let run = try await Programs.patron(
        ["call", "GetCustomer"]
          + [#"{"customer":{"externalId":"zqmarilo-7"},"view":"CUSTOMER_VIEW_FULL"}"#],
        at: callers.server.address,
        environment: ["PATRON_KEY": callers.owner]
      )
      #expect(run.exit == .status(0), "\(run.errors)")
      #expect(canaries.traces(in: run.output).count >= 2, "\(run.output)")
      #expect(run.output.contains(Canaries.person), "\(run.output)")
      for file in ["customers.csv", "timeline.csv"] {
        #expect(!canaries.traces(in: Files.text(shop.folder.file(file))).isEmpty, "\(file)")
      }
      let database = ["/patron.db", "/patron.db-wal"]
        .compactMap { FileManager.default.contents(atPath: shop.data + $0) }
      #expect(database.contains { $0.firstRange(of: Data("Zqmarilo First".utf8)) != nil })
      for key in canaries.keys {
        let secret = Data((key.split(separator: "_").last ?? "").utf8)
        #expect(!database.contains { $0.firstRange(of: secret) != nil }, "a secret is stored")
      }
    }

    private func expectClean(_ shop: KeyedShop, _ command: [String], _ canaries: Canaries)
      async throws
    {
      let run = try await shop.patrond(command)
      #expect(!run.output.isEmpty, "\(command)")
      expectNone(canaries, in: run.output + run.errors, "\(command)")
    }

    /// Exports the audit log of the marked store.
    private func expectCleanExport(
      _ shop: KeyedShop,
      _ callers: CanaryCallers,
      _ canaries: Canaries
    ) async throws {
      let file = shop.folder.file("audit.ndjson")
      let run = try await Programs.patron(
        ["audit", "export", "-o", file],
        at: callers.server.address,
        environment: ["PATRON_KEY": callers.owner]
      )
      #expect(run.exit == .status(0), "\(run.errors)")
      let lines = Files.text(file)
      #expect(lines.contains("settings.update") && lines.contains(Canaries.person), "\(lines)")
      let traces = canaries.traces(in: run.output + run.errors + lines, person: false)
      #expect(traces.isEmpty, "the exported audit log: \(traces)")
    }

    private func expectCleanAudit(_ shop: KeyedShop, _ canaries: Canaries) async throws {
      let list = try await shop.patrond(
        ["audit", "list", "--limit", "100000", "--output", "json"]
      ).output
      for text in ["KEY_UNKNOWN", "STORE_NOT_YOURS"] { #expect(list.contains(text), "\(text)") }
      for action in [
        "key.create", "key.revoke", "store.create", "settings.update", "consent.change",
        "suppression.add", "erasure.begin", "erasure.complete", "merge.perform",
        "customers.export", "timeline.export", "authentication.fail", "permission.deny",
      ] {
        #expect(list.contains("\"\(action)\""), "\(action)")
      }
      #expect(list.contains(Canaries.person), "the person for whom the calls were made")
      let table = try await shop.patrond(["audit", "list", "--limit", "100000"]).output
      for text in [list, table] {
        let traces = canaries.traces(in: text, person: false)
        #expect(traces.isEmpty, "the audit log: \(traces)")
      }
    }
  }
}
