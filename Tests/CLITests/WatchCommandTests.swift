import PatronClient
import Synchronization
import Testing

@testable import patron

/// `patron timeline watch`.
struct WatchCommandTests {
  private static func event(_ sequence: Int64, _ kind: EventChangeKind = .recorded)
    -> WatchTimelineResponse
  {
    .with {
      $0.sequence = sequence
      $0.kind = kind
      $0.event = .with {
        $0.id = kind == .replaced ? 2 : sequence
        $0.customerID = 7
        $0.source = .thirdParty
        $0.sourceName = "helpdesk"
        $0.type = "ticket_closed"
        $0.title = "Ticket \u{1B}[2Jclosed"
        $0.occurredAt = .with { $0.seconds = 1_717_156_800 }
        $0.sequence = sequence
        $0.amount = .with {
          $0.currencyCode = "USD"
          $0.minorUnits = 1699
        }
      }
    }
  }

  private static func heartbeat(_ sequence: Int64) -> WatchTimelineResponse {
    .with { $0.sequence = sequence }
  }

  /// A server whose calls end in order as `calls` say: some messages, then nothing or an error.
  private func server(_ calls: [Result<[WatchTimelineResponse], RPCError>]) -> FakeServer {
    let server = FakeServer()
    let rest = Mutex(calls)
    server.handle("WatchTimeline") { _, _ throws(RPCError) in
      let next = rest.withLock { $0.isEmpty ? nil : $0.removeFirst() }
      guard let next else { throw RPCError(code: .dataLoss, message: "one call too many") }
      return try next.get().map { message throws(RPCError) in try FakeServer.encode(message) }
    }
    return server
  }

  @Test func printsEventsUntilThereWereEnough() async throws {
    let messages = [
      Self.heartbeat(5), Self.event(6), Self.heartbeat(8), Self.event(9, .replaced),
    ]
    let server = server([.success(messages)])
    let outcome = try await patron("timeline", "watch", "--limit", "2", server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      outcome.out == """
        6  2024-05-31 12:00  ○  Ticket \u{FFFD}[2Jclosed  helpdesk  16.99 USD  customer 7
        9  2024-05-31 12:00  ○  Ticket \u{FFFD}[2Jclosed  helpdesk  16.99 USD  customer 7  replaced

        """
    )
    #expect(outcome.err == "last sequence 9; go on with --since 9\n")
    #expect(server.calls.first?.options.timeout == .seconds(86_400))
  }

  @Test func asksForWhatIsWanted() async throws {
    let server = server([.success([Self.event(43)])])
    let outcome = try await patron(
      [
        "timeline", "watch", "--external-id", "42", "--since", "42", "--source", "product",
        "--source", "third-party", "--type", "ticket_closed", "--limit", "1", "--store", "shop",
        "--output", "ndjson",
      ],
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let request = try server.requests(WatchTimelineRequest.self, "WatchTimeline").first
    #expect(
      try request?.json() == """
        {"storeId":"shop","customer":{"externalId":"42"},"filter":{"sources":\
        ["EVENT_SOURCE_PRODUCT","EVENT_SOURCE_THIRD_PARTY"],"types":["ticket_closed"]},\
        "afterSequence":"42"}
        """
    )
    let printed = try WatchTimelineResponse(json: outcome.out)
    #expect(printed == Self.event(43))
    #expect(outcome.out.split(separator: "\n").count == 1)
  }

  @Test func goesOnWhenTheServerComesBack() async throws {
    let gone = RPCError(code: .unavailable, message: "the connection closed")
    let server = server([
      .success([Self.heartbeat(5), Self.event(6)]), .failure(gone), .failure(gone),
      .success([Self.heartbeat(6), Self.event(7)]), .success([Self.heartbeat(7), Self.event(9)]),
    ])
    let outcome = try await patron(
      ["timeline", "watch", "--limit", "3", "-o", "ndjson"],
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let sequences = try outcome.out.split(separator: "\n").map {
      try WatchTimelineResponse(json: String($0)).sequence
    }
    #expect(sequences == [6, 7, 9])
    let requests = try server.requests(WatchTimelineRequest.self, "WatchTimeline")
    #expect(requests.map(\.afterSequence) == [0, 6, 6, 6, 7])
    // One remark for an outage, however many attempts it takes.
    #expect(outcome.err.split(separator: "\n").count { $0.hasPrefix("waiting for") } == 2)
    #expect(outcome.err.split(separator: "\n").count { $0 == "connected again" } == 2)
  }

  @Test func aServerThatNeverAnsweredIsAnError() async throws {
    let server = server([.failure(RPCError(code: .unavailable, message: "connection refused"))])
    let outcome = try await patron("timeline", "watch", server: server)
    #expect(outcome.status == 78)
    #expect(outcome.out.isEmpty)
    #expect(!outcome.err.contains("last sequence"))
    #expect(server.calls.count == 1)
  }

  @Test func errorsThatWaitingDoesNotMendEndIt() async throws {
    let error = RPCError(code: .outOfRange, message: "not kept")
    let server = server([.success([Self.heartbeat(5), Self.event(6)]), .failure(error)])
    let outcome = try await patron("timeline", "watch", server: server)
    #expect(outcome.status == 64 + 11)
    #expect(outcome.err.contains("last sequence 6"))
    #expect(outcome.err.contains("not kept"))
  }

  @Test func anInterruptionEndsItWell() async throws {
    let server = server([.success([Self.heartbeat(5), Self.event(6)])])
    server.handle("WatchTimeline") { _, _ throws(RPCError) in
      if server.calls.count > 1 { throw RPCError(code: .unavailable, message: "away") }
      return [try FakeServer.encode(Self.event(6))]
    }
    let err = TextBox()
    let environment = CLIEnvironment(
      variables: [:],
      out: { _ in },
      err: { err.append($0) },
      input: 0,
      outputIsTerminal: false,
      errorIsTerminal: false,
      columns: 100,
      connect: { _, _ in PatronClient(channel: server) },
      untilInterrupted: {
        while server.calls.count < 3 { try? await Task.sleep(for: .milliseconds(5)) }
      }
    )
    let status = await CLIEnvironment.$current.withValue(environment) {
      await CommandLineRun.run(["timeline", "watch"])
    }
    #expect(status == 0, "\(err.text)")
    #expect(err.text.hasSuffix("last sequence 6; go on with --since 6\n"))
  }

  @Test(arguments: [
    ["--since", "-1"], ["--limit", "0"], ["--id", "1", "--email", "a@example.com"],
    ["--output", "json"], ["--output", "csv"], ["--source", "shop"],
  ])
  func wrongUsage(_ arguments: [String]) async throws {
    let server = FakeServer()
    let outcome = try await patron(["timeline", "watch"] + arguments, server: server)
    #expect(outcome.status == 2, "\(outcome.err)")
    #expect(server.calls.isEmpty)
  }
}
