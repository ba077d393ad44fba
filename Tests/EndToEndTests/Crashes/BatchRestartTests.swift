import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// A long import by the command line survives a crash of the server.
  @Suite struct BatchRestartTests {
    static let lines = 20_000

    @Test("an import continues after the server was killed", .timeLimit(.minutes(15)))
    func importThroughCrash() async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      let socket = "unix:" + folder.file("socket")
      var server = try await PatronServer.start(data: data, listen: socket)
      let input = try folder.write("customers.ndjson", Self.customers)
      let address = server.address
      async let importing = Programs.patron(
        ["customers", "upsert", "--batch", input, "--batch-size", "500", "--output", "ndjson"],
        at: address,
        within: .seconds(120)
      )
      try await Self.untilFound("batch-2000", on: server)
      try await server.kill()
      server = try await PatronServer.start(data: data, listen: socket)
      let run = try await importing
      #expect(run.exit == .status(0), "\(run.errors)")
      // The batch in flight is sent again. Pieces of it, or all, may have been applied before.
      let summary = try JSONCounts(run.output)
      #expect(summary["created"] + summary["unchanged"] == Self.lines, "\(run.output)")
      #expect((0...500).contains(summary["unchanged"]), "\(run.output)")
      #expect(summary["updated"] == 0 && summary["rejected"] == 0, "\(run.output)")
      try await Self.untilFound("batch-\(Self.lines - 1)", on: server)
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      let check = try await Programs.patrond(["check", "--data", data])
      #expect(check.output.hasPrefix("ok: "), "\(check)")
    }

    private static var customers: String {
      (0..<lines).map { #"{"externalId": "batch-\#($0)", "email": "b\#($0)@example.com"}"# + "\n" }
        .joined()
    }

    /// Waits until a customer exists.
    private static func untilFound(_ externalID: String, on server: PatronServer) async throws {
      let client = try server.client()
      for _ in 0..<12_000 {
        do throws(RPCError) {
          _ = try await client.customers.getCustomer(
            .with { $0.customer = .externalID(externalID) }
          )
          await client.close()
          return
        } catch {
          guard error.code == .notFound else { throw error }
        }
        try await Task.sleep(for: .milliseconds(5))
      }
      throw HarnessError("\(externalID) did not come within a minute")
    }
  }
}

/// The integers of a flat JSON object, by name; 0 if missing.
private struct JSONCounts {
  private var counts: [Substring: Int] = [:]

  init(_ text: String) throws {
    for member in text.split(whereSeparator: { "{},\n".contains($0) }) {
      let parts = member.split(separator: ":")
      if parts.count == 2, let count = Int(parts[1]) {
        counts[parts[0].dropFirst().dropLast()] = count
      }
    }
    guard !counts.isEmpty else { throw HarnessError("no summary: \(text)") }
  }

  subscript(name: Substring) -> Int { counts[name] ?? 0 }
}
