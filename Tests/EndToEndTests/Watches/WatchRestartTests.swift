import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// `patron timeline watch` during an import, with a restart of the server in the middle.
  @Suite struct WatchRestartTests {
    static let file = RepositoryRoot.file("../shared/data/cdnow/CDNOW_master.txt")
    static let purchases = 3000

    enum Restart: String, CaseIterable { case drained, killed }

    @Test(
      "a watch during examples/cdnow/run shows every event once",
      .timeLimit(.minutes(15)),
      arguments: Restart.allCases
    )
    func watchThroughRestart(_ restart: Restart) async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      let socket = "unix:" + folder.file("socket")
      let input = try folder.write("purchases.txt", Self.input)
      var server = try await PatronServer.start(data: data, listen: socket)
      let output = folder.file("watched")
      // From the oldest event on, so it does not matter which of the two programs starts first.
      let watch = try ChildProcess(
        try Installation.program("patron"),
        ["timeline", "watch", "--output", "ndjson", "--since", "1"],
        environment: ["PATRON_ADDRESS": server.address],
        output: output,
        errors: folder.file("errors")
      )
      let address = server.address
      async let importing = Programs.run(
        RepositoryRoot.file("examples/cdnow/run"),
        [input],
        environment: [
          "PATRON": try Installation.program("patron"), "PATRON_ADDRESS": address,
        ],
        within: .seconds(180)
      )
      try await Self.untilLines(output, atLeast: 300)
      switch restart {
      case .drained: #expect(try await server.stop() == .status(0), "\(server.errors)")
      case .killed: try await server.kill()
      }
      #expect(!server.errors.contains("were cancelled"), "the drain waited for the watch")
      server = try await PatronServer.start(data: data, listen: socket)
      let run = try await importing
      #expect(run.exit == .status(0), "\(run.errors)")
      let truth = try await Self.storedEvents(server)
      #expect(truth.filter { $0.type == "order_placed" }.count == Self.purchases)
      try await Self.untilLines(output, atLeast: truth.count)
      watch.signal(SIGTERM)
      #expect(try await watch.exit(within: .seconds(20)) == .status(0))
      let errors = Files.text(folder.file("errors"))
      let seen = try Files.text(output).split(separator: "\n").map {
        try WatchTimelineResponse(json: String($0))
      }
      #expect(seen.map(\.sequence) == truth.map(\.sequence), "\(errors)")
      #expect(seen.compactMap(\.event) == truth)
      #expect(errors.contains("connected again"), "\(errors)")
      let last = truth.last?.sequence ?? 0
      #expect(errors.hasSuffix("go on with --since \(last)\n"), "\(errors)")
      print("watch (\(restart)): \(seen.count) events, each once")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("a drain ends watches at once", .timeLimit(.minutes(15)))
    func drainEndsWatches() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--drain-grace-ms", "600000"]
      )
      let client = try server.client()
      let stream = try await client.timeline.watchTimeline(.init())
      var iterator = stream.makeAsyncIterator()
      #expect(try await iterator.next()?.event == nil)
      #expect(try await server.stop() == .status(0))
      #expect(server.errors.hasSuffix("stopped\n"), "\(server.errors)")
      do {
        while try await iterator.next() != nil {}
        Issue.record("the watch ended without an error")
      } catch {
        #expect(error.code == .unavailable && error.reason == "SHUTTING_DOWN")
      }
      await client.close()
    }

    @Test("--watch-history limits how far back a watch may go", .timeLimit(.minutes(15)))
    func watchHistory() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: ["--watch-history", "2"]
      )
      for number in 1...4 {
        let arguments = [
          "timeline", "record", "--email", "a@example.com", "--source", "third-party",
          "--source-name", "app", "--type", "ping", "--event-id", "e\(number)", "--at",
          "2024-05-0\(number)",
        ]
        let run = try await Programs.patron(arguments, at: server.address)
        #expect(run.exit == .status(0), "\(run.errors)")
      }
      let refused = try await Programs.patron(
        ["timeline", "watch", "--since", "1"],
        at: server.address
      )
      #expect(refused.exit == .status(64 + 11), "\(refused.errors)")
      #expect(refused.errors.contains("SEQUENCE_TOO_OLD"), "\(refused.errors)")
      #expect(try await server.stop() == .status(0))
      let wrong = try await Programs.patrond(["--watch-history", "0"])
      #expect(wrong.exit == .status(2), "\(wrong.errors)")
    }

    /// The first purchases of the CDNOW file, or generated ones in its format.
    private static var input: String {
      let header = "customer_id date number_of_CDs dollar_value"
      let text = Files.text(file)
      if !text.isEmpty {
        return text.split(whereSeparator: \.isNewline).prefix(purchases + 1)
          .joined(separator: "\n") + "\n"
      }
      let lines = (0..<purchases).map { number in
        let id = String(10_000 + number / 3)
        let day = "1997\(10 + number % 3)\(10 + number % 19)"
        return "\(id) \(day) 1 \(number % 90).\(10 + number % 90)"
      }
      return ([header] + lines).joined(separator: "\n") + "\n"
    }

    private static func untilLines(_ path: String, atLeast wanted: Int) async throws {
      for _ in 0..<12_000 {
        if Files.text(path).utf8.count(where: { $0 == 10 }) >= wanted { return }
        try await Task.sleep(for: .milliseconds(5))
      }
      throw HarnessError("\(wanted) events did not come within a minute")
    }

    /// Returns every event on the timeline of every customer, in the order of their sequences.
    private static func storedEvents(_ server: PatronServer) async throws -> [Event] {
      let client = try server.client()
      var events: [Event] = []
      var list = ListCustomersRequest.with { $0.pageSize = 100 }
      repeat {
        let customers = try await client.customers.listCustomers(list)
        for customer in customers.customers {
          var request = GetTimelineRequest.with {
            $0.customer = .id(customer.id)
            $0.pageSize = 100
          }
          repeat {
            let page = try await client.timeline.getTimeline(request)
            events += page.events
            request.pageToken = page.nextPageToken
          } while !request.pageToken.isEmpty
        }
        list.pageToken = customers.nextPageToken
      } while !list.pageToken.isEmpty
      await client.close()
      return events.sorted { $0.sequence < $1.sequence }
    }
  }
}
