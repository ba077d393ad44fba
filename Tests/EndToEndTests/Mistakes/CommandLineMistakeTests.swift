import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// Mistakes on the command line: one clear line, the right exit status, no trace.
  @Suite struct CommandLineMistakeTests {
    @Test("each mistake has its message and its status", .timeLimit(.minutes(15)))
    func everyMistake() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      for mistake in Mistake.all {
        let name = mistake.name
        let run = try await Programs.patron(
          mistake.arguments,
          at: server.address,
          input: mistake.input
        )
        #expect(run.exit == .status(mistake.status), "\(name): \(run.errors)")
        #expect(run.output.isEmpty, "\(name): \(run.output)")
        let lines = run.errorLines
        #expect(lines.first?.lowercased().hasPrefix("error: ") == true, "\(name): \(run.errors)")
        // Rejected fields follow the first line, one per line.
        let told = lines.prefix(1) + lines.dropFirst().prefix { $0.hasPrefix("  ") }
        let text = told.joined(separator: "\n")
        for word in mistake.says { #expect(text.contains(word), "\(name): \(run.errors)") }
        #expect(!run.errors.contains("Fatal error"), "\(name): \(run.errors)")
      }
      try await nothingIsLeft(server)
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// Checks that the batch whose deadline passed was applied as a whole or not at all, and
    /// nothing else.
    private func nothingIsLeft(_ server: PatronServer) async throws {
      let client = try server.client()
      for store in ["", "many"] {
        var request = ListCustomersRequest.with {
          $0.storeID = store
          $0.pageSize = 100
        }
        var count = 0
        repeat {
          let page = try await client.customers.listCustomers(request)
          count += page.customers.count
          request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        #expect(store.isEmpty ? count == 0 : count == 0 || count == 1000, "\(store): \(count)")
      }
      await client.close()
    }

    @Test("a batch with bad lines applies the others and writes a file of rejects")
    func rejectedLines() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let lines = [
        #"{"externalId": "l1", "email": "l1@example.com"}"#, #"{"externalId": "l2", "#,
        #"{"externalId": "l3", "email": "no address"}"#, "",
        #"{"externalId": "l5", "emial": "l5@example.com"}"#,
        #"{"externalId": "l6", "email": "l6@example.com"}"#,
      ]
      let input = try folder.write("batch.ndjson", lines.joined(separator: "\n") + "\n")
      let rejects = folder.file("rejects.ndjson")
      for expected in ["2 created, 0 updated, 0 unchanged", "0 created, 0 updated, 2 unchanged"] {
        let run = try await Programs.patron(
          ["customers", "upsert", "--batch", input, "--rejects", rejects],
          at: server.address
        )
        #expect(run.exit == .status(3), "\(run.errors)")
        #expect(run.output.contains("\(expected), 3 rejected"), "\(run.output)")
        for number in [2, 3, 5] {
          #expect(run.errors.contains("line \(number):"), "\(run.errors)")
          #expect(Files.text(rejects).contains(#"{"line":\#(number),"error":{"code":"#))
        }
        #expect(Files.text(rejects).split(separator: "\n").count == 3)
      }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("rejected input names every violation at once and leaves no trace")
    func allViolations() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let bad = [
        "customers", "upsert", "--external-id", "v1", "--email", "no address", "--phone", "+1",
        "--gender", "unclear", "--language", "xx", "--currency", "ZZZ",
      ]
      let run = try await Programs.patron(bad, at: server.address)
      #expect(run.exit == .status(67), "\(run.errors)")
      for field in ["email", "phone_number", "gender", "default_language", "default_currency"] {
        #expect(run.errors.contains("customer.\(field): "), "\(field): \(run.errors)")
      }
      let get = try await Programs.patron(
        ["customers", "get", "--external-id", "v1"],
        at: server.address
      )
      #expect(get.exit == .status(69))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }
  }
}
