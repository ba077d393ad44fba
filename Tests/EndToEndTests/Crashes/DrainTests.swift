import PatronClient
import Synchronization
import TestKit
import Testing

extension EndToEnd {
  /// SIGTERM completes the calls in flight, ends watches, and leaves an empty WAL.
  @Suite struct DrainTests {
    static let restarts = 4
    static let callers = 8

    enum Transport: String, CaseIterable { case unix, tcp }

    @Test(
      "drain and restart under load without a failed call",
      .timeLimit(.minutes(15)),
      arguments: Transport.allCases
    )
    func drainUnderLoad(_ transport: Transport) async throws {
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      var random = SeededRandom()
      let listen = try address(transport, folder, &random)
      var server = try await PatronServer.start(data: data, listen: listen)
      let load = Load(
        try server.client {
          $0.waitsForServer = true
          $0.timeout = .seconds(60)
        }
      )
      let running = Task { await load.run(callers: Self.callers) }
      for restart in 1...Self.restarts {
        try await load.answers(atLeast: 200 * restart)
        let exit = try await server.stop()
        #expect(exit == .status(0), "\(server.errors)")
        #expect(server.errors.hasSuffix("stopped\n"), "\(server.errors)")
        #expect(Files.size(data + "/patron.db-wal") == 0)
        server = try await PatronServer.start(data: data, listen: listen)
      }
      try await load.answers(atLeast: load.answered + 200)
      load.stop()
      await running.value
      print("drain (\(transport)): \(load.answered) calls answered, \(load.failures.count) failed")
      #expect(load.failures.isEmpty)
      await load.client.close()
      #expect(try await server.stop() == .status(0))
      let check = try await Programs.patrond(["check", "--data", data])
      #expect(check.output.hasPrefix("ok: "), "\(check)")
    }

    @Test(
      "a drain notifies watches of the health, and does not wait for them",
      .timeLimit(.minutes(15))
    )
    func drainTellsWatchers() async throws {
      let folder = TemporaryDirectory()
      let grace = ["--drain-grace-ms", "3000"]
      let server = try await PatronServer.start(data: folder.file("data"), flags: grace)
      let client = try server.client()
      let watch = Watching(client)
      try await watch.untilServing()
      #expect(try await server.stop() == .status(0))
      #expect(await watch.seen() == [.serving, .notServing])
      #expect(server.errors.hasSuffix("stopped\n"), "\(server.errors)")
      await client.close()
    }

    /// Returns an address that no other process takes during a restart: a loopback address of its
    /// own.
    private func address(
      _ transport: Transport,
      _ folder: TemporaryDirectory,
      _ random: inout SeededRandom
    ) throws -> String {
      switch transport {
      case .unix: return "unix:" + folder.file("socket")
      case .tcp:
        let parts = (0..<3).map { _ in String(Int.random(in: 1...254, using: &random)) }
        return "127.\(parts.joined(separator: ".")):7420"
      }
    }
  }
}

/// Callers that never pause. Their client retries according to its policy.
private final class Load: Sendable {
  let client: PatronClient
  private let counts = Mutex<(answered: Int, failures: [RPCError])>((0, []))
  private let stopping = Atomic<Bool>(false)

  init(_ client: PatronClient) { self.client = client }

  var answered: Int { counts.withLock { $0.answered } }
  var failures: [RPCError] { counts.withLock { $0.failures } }

  func stop() { stopping.store(true, ordering: .relaxed) }

  /// Waits until this number of calls was answered; gives up after a minute.
  func answers(atLeast wanted: Int) async throws {
    for _ in 0..<12_000 {
      if answered >= wanted || !failures.isEmpty { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw HarnessError("\(answered) of \(wanted) calls were answered within a minute")
  }

  func run(callers: Int) async {
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<callers {
        group.addTask { await self.call(as: caller) }
      }
    }
  }

  private func call(as caller: Int) async {
    for number in 0..<1_000_000 where !stopping.load(ordering: .relaxed) {
      do throws(RPCError) {
        try await call(number, "drain-\(caller)")
        counts.withLock { $0.answered += 1 }
      } catch {
        counts.withLock { $0.failures.append(error) }
        return
      }
    }
  }

  private func call(_ number: Int, _ name: String) async throws(RPCError) {
    if number % 4 == 0 {
      _ = try await client.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.externalID = name
            $0.email = "\(name)@example.com"
            $0.firstName = "N\(number)"
          }
        }
      )
    } else {
      let response = try await client.customers.getCustomer(
        .with { $0.customer = .externalID(name) }
      )
      let expected = "N\(number - number % 4)"
      guard response.customer?.firstName == expected else {
        throw RPCError(code: .dataLoss, message: "\(name) has not the name \(expected)")
      }
    }
  }
}

/// A watch of a server's health.
private final class Watching: Sendable {
  private let states = Mutex<[GRPCHealth.HealthCheckResponse.ServingStatus]>([])
  private let following: Mutex<Task<Void, Never>?> = Mutex(nil)

  init(_ client: PatronClient) {
    following.withLock { task in
      task = Task { [self] in
        guard let stream = try? await client.health.watch(.init()) else { return }
        // The connection ends after the last state, with an error or without.
        do {
          for try await response in stream { states.withLock { $0.append(response.status) } }
        } catch {}
      }
    }
  }

  func untilServing() async throws {
    for _ in 0..<5000 {
      if states.withLock({ $0.first }) == .serving { return }
      try await Task.sleep(for: .milliseconds(2))
    }
    throw HarnessError("the watch did not say SERVING within ten seconds")
  }

  /// Returns all states until the connection ended.
  func seen() async -> [GRPCHealth.HealthCheckResponse.ServingStatus] {
    await following.withLock { $0 }?.value
    return states.withLock { $0 }
  }
}
