import Glibc
import TestKit
import Testing

extension EndToEnd {
  /// The command line on two stores of one server, which must be isolated.
  @Suite struct TwoStoresTests {
    @Test("two stores over a Unix socket", .timeLimit(.minutes(15)))
    func storesAreApart() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(
        data: folder.file("data"),
        listen: "unix:" + folder.file("socket")
      )
      var information = stat()
      #expect(stat(folder.file("socket"), &information) == 0)
      #expect(information.st_mode & 0o777 == 0o600, "others may use the socket")

      try await fill(server)
      try await lookIntoBoth(server)
      for arguments in [
        ["customers", "get", "--external-id", "1"], ["timeline", "show", "--external-id", "1"],
        ["customers", "get", "--email", "same@example.com", "--store", "green"],
      ] {
        let run = try await patron(arguments, server)
        #expect(run.exit == .status(69), "\(run.output)\(run.errors)")
      }
      try await pagesStayInTheirStore(server)
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      #expect(!Files.exists(folder.file("socket")))
    }

    /// Creates customers with the same identifiers in both stores.
    private func fill(_ server: PatronServer) async throws {
      for (store, name) in [("red", "Rosa"), ("blue", "Bleu")] {
        let made = try await patron(
          [
            "customers", "upsert", "--external-id", "1", "--email", "same@example.com",
            "--first-name", name, "--output", "json", "--store", store,
          ],
          server
        )
        #expect(made.exit == .status(0), "\(made.errors)")
        #expect(made.output.contains("OUTCOME_CREATED"), "\(made.output)")
        let ordered = try await patron(
          ["timeline", "order", "--batch", "-", "--store", store],
          server,
          input: Self.order(store == "red" ? 1000 : 2500)
        )
        #expect(ordered.exit == .status(0), "\(ordered.errors)")
        #expect(ordered.output.contains("1 order: 1 created"), "\(ordered.output)")
      }
    }

    /// Checks that each store shows its own customer, by PATRON_STORE and by --store.
    private func lookIntoBoth(_ server: PatronServer) async throws {
      for (store, name, other, total) in [
        ("red", "Rosa", "Bleu", "10.00"), ("blue", "Bleu", "Rosa", "25.00"),
      ] {
        for arguments in [
          ["customers", "get", "--external-id", "1"], ["customers", "list"],
          ["customers", "get", "--email", "same@example.com"],
          ["customers", "list", "--search", "same"],
        ] {
          let seen = try await patron(arguments, server, environment: ["PATRON_STORE": store])
          #expect(seen.exit == .status(0), "\(seen.errors)")
          #expect(seen.output.contains(name) && !seen.output.contains(other), "\(seen.output)")
        }
        let timeline = try await patron(
          ["timeline", "show", "--external-id", "1", "--store", store],
          server
        )
        #expect(timeline.exit == .status(0), "\(timeline.errors)")
        #expect(timeline.output.contains(total), "\(timeline.output)")
      }
    }

    /// Checks that a page token of one store is refused in the other.
    private func pagesStayInTheirStore(_ server: PatronServer) async throws {
      let more = try await patron(
        [
          "customers", "upsert", "--external-id", "2", "--email", "two@example.com", "--store",
          "red",
        ],
        server
      )
      #expect(more.exit == .status(0), "\(more.errors)")
      let first = try await patron(["customers", "list", "--limit", "1", "--store", "red"], server)
      let words = first.errors.split { $0 == " " || $0 == "," || $0 == "\n" }
      let place = try #require(words.firstIndex(of: "--page-token"), "\(first.errors)")
      let token = String(words[place + 1])
      let next = try await patron(
        ["customers", "list", "--page-token", token, "--store", "red"],
        server
      )
      #expect(next.exit == .status(0) && next.output.contains("Rosa"), "\(next)")
      let other = try await patron(
        ["customers", "list", "--page-token", token, "--store", "blue"],
        server
      )
      #expect(other.exit == .status(67), "\(other)")
      #expect(other.errors.contains("PAGE_TOKEN_MISMATCH"), "\(other.errors)")
    }

    @Test("the health of a server on the command line, while it runs and afterwards")
    func health() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      for service in [[], ["patron.v1.CustomerService"], ["patron.v1.TimelineService"]] {
        let run = try await patron(["health"] + service, server)
        #expect(run.exit == .status(0) && run.output == "SERVING\n", "\(run)")
      }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      let run = try await patron(["health"], server)
      #expect(run.exit == .status(78), "\(run)")
    }

    private static func order(_ cents: Int) -> String {
      #"{"customer": {"externalId": "1"}, "order": {"externalId": "o1", "#
        + #""placedAt": "2024-05-01T10:00:00Z", "paymentStatus": "PAYMENT_STATUS_PAID", "#
        + #""total": {"currencyCode": "USD", "minorUnits": "\#(cents)"}}}"# + "\n"
    }

    private func patron(
      _ arguments: [String],
      _ server: PatronServer,
      input: String? = nil,
      environment: [String: String] = [:]
    ) async throws -> Finished {
      try await Programs.patron(
        arguments,
        at: server.address,
        input: input,
        environment: environment
      )
    }
  }
}
