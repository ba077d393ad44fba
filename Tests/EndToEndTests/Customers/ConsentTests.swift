import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// Consent by the command line, as the articles describe it.
  @Suite struct ConsentTests {
    /// A: SMS subscribed. B: SMS subscribed and suppressed. C: SMS unsubscribed and suppressed. D:
    /// SMS and e-mail subscribed. E: e-mail subscribed.
    @Test("five customers and the filters of the article", .timeLimit(.minutes(15)))
    func fiveCustomers() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      for (index, name) in ["A", "B", "C", "D", "E"].enumerated() {
        try await patron(
          server,
          "customers",
          "upsert",
          "--external-id",
          name,
          "--email",
          "\(name)@example.com",
          "--phone",
          "+1415555010\(index)"
        )
        for channel in Self.subscribed[name] ?? [] {
          try await patron(
            server,
            "consent",
            "subscribe",
            "--external-id",
            name,
            "--channel",
            channel,
            "--source",
            "welcome_popup"
          )
        }
      }
      try await patron(
        server,
        "consent",
        "unsubscribe",
        "--external-id",
        "C",
        "--channel",
        "sms",
        "--by",
        "customer"
      )
      for name in ["B", "C"] {
        try await patron(
          server,
          "consent",
          "suppress",
          "--external-id",
          name,
          "--channel",
          "sms",
          "--reason",
          "manual"
        )
      }
      let either = ["--filter", "sms=subscribers,suppressed"]
      try await check(server, either, are: ["A", "B", "C", "D"])
      try await check(server, either + ["--filter", "email=subscribers"], are: ["D"])
      try await check(server, ["--filter", "sms=suppressed"], are: ["B", "C"])
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    private static let subscribed = [
      "A": ["sms"], "B": ["sms"], "C": ["sms"], "D": ["sms", "email"], "E": ["email"],
    ]

    /// Checks a filter with list, count and export.
    private func check(
      _ server: PatronServer,
      _ filter: [String],
      are expected: [String]
    ) async throws {
      let listed = try await patron(
        server,
        ["customers", "list", "--output", "ndjson"] + filter
      )
      #expect(try Self.values("externalId", listed).sorted() == expected, "\(filter)")
      let counted = try await patron(
        server,
        ["customers", "count", "--total", "--output", "json"] + filter
      )
      #expect(try Self.values("total", counted, lines: false) == ["\(expected.count)"])
      let exported = try await patron(
        server,
        ["customers", "export", "--columns", "external_id"] + filter
      )
      #expect(exported.output == (["external_id"] + expected).map { $0 + "\r\n" }.joined())
    }

    @Test("a customer's own opt-out is sticky", .timeLimit(.minutes(15)))
    func stickyOptOut() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      func form(at time: String) -> [String] {
        [
          "consent", "subscribe", "--external-id", "42", "--channel", "sms", "--by", "customer",
          "--source", "welcome_popup", "--method", "form", "--at", time,
        ]
      }
      try await patron(
        server,
        "customers",
        "upsert",
        "--external-id",
        "42",
        "--phone",
        "+14155550100"
      )
      try await patron(server, form(at: "2024-05-01T10:00:00Z"))
      try await checkHistory(server, ["SUBSCRIBED"])
      try await patron(
        server,
        "consent",
        "unsubscribe",
        "--external-id",
        "42",
        "--channel",
        "sms",
        "--by",
        "customer",
        "--method",
        "keyword",
        "--source",
        "stop_keyword",
        "--at",
        "2024-06-01T10:00:00Z"
      )
      try await checkHistory(server, ["SUBSCRIBED", "UNSUBSCRIBED"])
      // The shop sets the flag.
      let flag = try await patron(
        server,
        "customers",
        "upsert",
        "--external-id",
        "42",
        "--accepts-sms-marketing",
        "true",
        "--output",
        "json"
      )
      #expect(flag.output.contains("STICKY_OPT_OUT"), "\(flag.output)")
      try await checkHistory(server, ["SUBSCRIBED", "UNSUBSCRIBED"])
      // The same form, from before the opt-out.
      let outdated = try await Programs.patron(
        form(at: "2024-05-31T10:00:00Z"),
        at: server.address
      )
      #expect(outdated.exit == .status(73), "\(outdated)")
      #expect(outdated.errors.contains("CONSENT_OUTDATED"), "\(outdated.errors)")
      try await checkHistory(server, ["SUBSCRIBED", "UNSUBSCRIBED"])
      // The same form from after the opt-out, sent twice.
      for _ in 0..<2 {
        try await patron(server, form(at: "2024-06-02T10:00:00Z"))
        try await checkHistory(server, ["SUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED"])
      }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("an opt-out with a date is later than an agreement on that day", .timeLimit(.minutes(15)))
    func aDayHasAnEnd() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      try await patron(
        server,
        "consent",
        "subscribe",
        "--external-id",
        "42",
        "--phone",
        "+14155550100",
        "--channel",
        "sms",
        "--by",
        "customer",
        "--source",
        "welcome_popup",
        "--at",
        "2024-05-06T12:00Z"
      )
      try await patron(
        server,
        "consent",
        "unsubscribe",
        "--external-id",
        "42",
        "--channel",
        "sms",
        "--by",
        "customer",
        "--at",
        "2024-05-06"
      )
      try await checkHistory(server, ["SUBSCRIBED", "UNSUBSCRIBED"])
      // The next day has begun in Auckland at that time, and the shop's zone is Auckland.
      try await patron(server, "settings", "set", "--timezone", "Pacific/Auckland")
      try await patron(
        server,
        "consent",
        "subscribe",
        "--external-id",
        "42",
        "--channel",
        "sms",
        "--by",
        "customer",
        "--source",
        "welcome_popup",
        "--at",
        "2024-05-08"
      )
      try await checkHistory(server, ["SUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED"])
      let late = try await Programs.patron(
        [
          "consent", "subscribe", "--external-id", "42", "--channel", "sms", "--source", "form",
          "--at", "2024-05-08 10:00:00 EST",
        ],
        at: server.address
      )
      #expect(late.exit == .status(2), "\(late)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// Checks that the rows of the ledger are `states`, oldest first, and that the last one is
    /// current.
    private func checkHistory(_ server: PatronServer, _ states: [String]) async throws {
      let history = try await patron(
        server,
        "consent",
        "history",
        "--external-id",
        "42",
        "--all",
        "--output",
        "ndjson"
      )
      #expect(
        try Self.values("state", history).reversed() == states.map { "CONSENT_STATE_" + $0 }
      )
      let shown = try await patron(
        server,
        "consent",
        "show",
        "--external-id",
        "42",
        "--output",
        "table"
      )
      let row = shown.output.split(separator: "\n").first { $0.hasPrefix("sms") }
      let state = row?.split(separator: " ").dropFirst(2).first.map(String.init)
      #expect(state == states.last?.lowercased(), "\(shown.output)")
    }

    // MARK: - Runs

    @discardableResult
    private func patron(_ server: PatronServer, _ arguments: String...) async throws -> Finished {
      try await patron(server, arguments)
    }

    @discardableResult
    private func patron(_ server: PatronServer, _ arguments: [String]) async throws -> Finished {
      let run = try await Programs.patron(arguments, at: server.address)
      #expect(run.exit == .status(0), "\(arguments): \(run.output)\(run.errors)")
      return run
    }

    /// Returns a field of each object of the output.
    private static func values(
      _ name: String,
      _ run: Finished,
      lines: Bool = true
    ) throws -> [String] {
      let texts = lines ? run.output.split(separator: "\n").map(String.init) : [run.output]
      return try texts.map { text in
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return "\(object?[name] ?? "nothing")"
      }
    }
  }
}
