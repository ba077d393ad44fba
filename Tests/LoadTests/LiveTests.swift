import PatronProto
import TTRPCNIO
import TestKit
import Testing

@testable import patron_load

@Suite("Runs against a server")
struct LiveTests {
  private static let data = #"{"customer":{"externalId":"g{{random 1 50 7}}"}}"#

  @Test("A closed loop sends the given number of requests, and answers are OK", arguments: [1, 2])
  func closed(_ threads: Int) async throws {
    let (run, ids, stores) = try await EchoServer.with { address, log in
      let run = await ProgramRun.run([
        "GetCustomer", "--address", address, "-c", "8", "--connections", "4", "-n", "2000",
        "--warmup", "0", "--threads", "\(threads)", "--data", Self.data, "--count-distinct",
        "--seed", "5", "--store", "shop", "-O", "json",
      ])
      return (
        run, Set(log.requests.map { "\($0.customer!.ref!)" }), Set(log.requests.map(\.storeID))
      )
    }
    #expect(run.status == 0, "\(run.errors)\(run.output)")
    #expect(run.output.contains("\"okCount\": 2000"))
    #expect(run.output.contains("\"endReason\": \"normal\""))
    #expect(run.output.contains("\"distinct\": 50,"), "seed 5: \(run.output)")
    #expect(ids.count == 50)
    #expect(stores == ["shop"])
  }

  @Test("A sequence is sent without gaps or repeats, warm-up first")
  func sequence() async throws {
    let (run, ids) = try await EchoServer.with { address, log in
      let run = await ProgramRun.run([
        "GetCustomer", "--address", address, "--connections", "2", "--in-flight", "5", "-n",
        "300", "--warmup", "0", "--skip-first", "100", "--threads", "2", "--data",
        #"{"customer":{"externalId":"{{sequence 1 4}}"}}"#, "-O", "json",
      ])
      return (run, log.requests.map { "\($0.customer!.ref!)" })
    }
    #expect(run.status == 0, "\(run.errors)\(run.output)")
    #expect(run.output.contains("\"count\": 300,"))
    #expect(Set(ids).count == ids.count)
    #expect(ids.count >= 400)
    #expect(Set(ids).contains(#"externalID("0001")"#))
    #expect(Set(ids).contains(#"externalID("0400")"#))
  }

  @Test("Answers that are not OK are counted, shown and end with status 3")
  func notOK() async throws {
    let run = try await EchoServer.with(isMissing: { $0 == "g0000001" }) { address, _ in
      await ProgramRun.run([
        "patron.v1.CustomerService/GetCustomer", "--address", address, "-c", "4", "-n", "1000",
        "--warmup", "0", "--seed", "6", "--data",
        #"{"customer":{"externalId":"g{{random 1 2 7}}"}}"#,
      ])
    }
    #expect(run.status == 3)
    #expect(run.output.contains("NOT_FOUND: no such customer"), "\(run.output)")
    #expect(run.output.contains("1,000 in "))
  }

  @Test("An open loop follows its plan")
  func open() async throws {
    let run = try await EchoServer.with { address, _ in
      await ProgramRun.run([
        "GetCustomer", "--address", address, "--rate", "1000", "-z", "300ms", "--warmup", "50ms",
        "--connections", "2", "--threads", "2", "--data", Self.data, "-O", "json",
      ])
    }
    #expect(run.status == 0, "\(run.errors)\(run.output)")
    #expect(run.output.contains("\"count\": 300,"))
    #expect(run.output.contains("\"answers\": 50,"))
    #expect(run.output.contains("\"endReason\": \"timeout\""))
  }

  @Test("An open loop drops requests that are due while too many calls are in flight")
  func drops() async throws {
    let run = try await EchoServer.with { address, _ in
      await ProgramRun.run([
        "GetCustomer", "--address", address, "--rate", "1000", "-n", "100", "--warmup", "0",
        "-c", "3", "--timeout", "400ms", "-O", "json", "--data",
        #"{"customer":{"externalId":"silent"}}"#,
      ])
    }
    #expect(run.status == 3)
    #expect(run.output.contains("\"dropped\": 97,"), "\(run.output)")
    #expect(run.output.contains("\"DEADLINE_EXCEEDED\": 3"))
  }

  @Test("A restarted server is called again, and failed requests are counted")
  func restart() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("socket")
    let log = ServerLog()
    func start(isSilent: Bool) async throws -> TTRPCServer {
      try await TTRPCServer.start([.unix(path: path)]) { _ in
        EchoDispatcher(log, isSilent: isSilent, isMissing: { _ in false })
      }
    }
    // Every connection has a call in flight when its server stops.
    let first = try await start(isSilent: true)
    async let running = ProgramRun.run([
      "GetCustomer", "--address", "unix:\(path)", "-c", "4", "-n", "200", "--warmup", "0",
      "--timeout", "600s", "--data", Self.data, "-O", "json",
    ])
    for _ in 0..<60_000 where log.requests.count < 4 {
      try await Task.sleep(for: .milliseconds(10))
    }
    await first.shutdown()
    let before = log.requests.count
    let second = try await start(isSilent: false)
    let run = await running
    await second.shutdown()
    #expect(run.status == 3, "\(run.errors)\(run.output)")
    #expect(run.output.contains("\"UNAVAILABLE\": "), "\(run.output)")
    #expect(run.output.contains("\"lostConnections\": 4"), "\(run.output)")
    #expect(log.requests.count > before)
  }

  @Test("A duration limits a closed loop")
  func duration() async throws {
    let start = ContinuousClock.now
    let run = try await EchoServer.with { address, _ in
      await ProgramRun.run([
        "GetCustomer", "--address", address, "-c", "2", "-z", "200ms", "--warmup", "100ms",
        "--data", Self.data,
      ])
    }
    #expect(run.status == 0, "\(run.errors)\(run.output)")
    #expect(ContinuousClock.now - start >= .milliseconds(300))
    #expect(!run.output.contains(" (0 before them"))
  }
}
