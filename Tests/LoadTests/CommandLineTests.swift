import ArgumentParser
import TTRPC
import Testing

@testable import patron_load

@Suite("Command line")
struct CommandLineTests {
  @Test(
    "Errors say what was wrong and end with status 2",
    arguments: [
      ([], "method"), (["Nope"], "no method \"Nope\""), (["getcustomer"], "did you mean"),
      (["ExportCustomers"], "streams"), (["GetCustomer", "-c", "0"], "-c is 0"),
      (["GetCustomer", "-c", "2", "--connections", "3"], "more than -c 2"),
      (["GetCustomer", "-c", "10", "--connections", "3", "--in-flight", "3"], "Leave one of them"),
      (["GetCustomer", "--threads", "9", "-c", "4"], "more than the number of connections"),
      (["GetCustomer", "-z", "0s"], "--duration"), (["GetCustomer", "-z", "10x"], "10x"),
      (["GetCustomer", "-n", "0"], "-n is 0"), (["GetCustomer", "--rate", "0"], "--rate"),
      (["GetCustomer", "--address", "10.0.0.1:7420"], "--allow-remote"),
      (["GetCustomer", "--address", "example.com:7420"], "--allow-remote"),
      (["GetCustomer", "--address", "nonsense"], "HOST:PORT"),
      (["GetCustomer", "--data", "{\"x\":1}"], "unknown field"),
      (["GetCustomer", "--data", "{\"storeId\":\"{{random}}\"}"], "is not a placeholder"),
      (["GetCustomer", "--count-distinct"], "{{random"), (["GetCustomer", "--bogus"], "bogus"),
      (["GetCustomer", "-O", "xml"], "xml"),
      (["GetCustomer", "-r", "1", "-z", "10ms", "--warmup", "0", "-n", "0"], "-n is 0"),
    ]
  )
  func usage(_ arguments: [String], _ expected: String) async {
    let run = await ProgramRun.run(arguments)
    #expect(run.status == 2, "\(run.errors)")
    #expect(run.errors.contains(expected), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test("Help succeeds and shows the placeholders, examples and exit statuses")
  func help() async {
    let run = await ProgramRun.run(["--help"])
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    for part in ["{{random MIN MAX [WIDTH]}}", "EXAMPLES", "EXIT STATUS", "PATRON_ADDRESS"] {
      #expect(run.output.contains(part), "\(part) is missing in:\n\(run.output)")
    }
  }

  @Test("A missing file and a missing server end with status 1")
  func local() async throws {
    let file = await ProgramRun.run(["GetCustomer", "--data", "@/nonexistent/request.json"])
    #expect(file.status == 1)
    #expect(file.errors.contains("cannot read /nonexistent/request.json: No such file"))
    let server = await ProgramRun.run(["GetCustomer", "--address", "unix:/nonexistent/socket"])
    #expect(server.status == 1)
    #expect(server.errors.contains("cannot connect to unix:/nonexistent/socket"))
  }

  static func request(
    _ arguments: [String],
    environment: [String: String] = [:]
  ) throws -> LoadRequest {
    let command = try LoadCommand.parse(["GetCustomer"] + arguments)
    return try LoadRequest(command) { environment[$0] }
  }

  @Test("Defaults")
  func defaults() throws {
    let closed = try Self.request([]).settings
    #expect(closed.target == .host("127.0.0.1", port: 7420))
    #expect((closed.callers, closed.connections, closed.threads) == (50, 50, 1))
    #expect(closed.duration == .seconds(10))
    #expect(closed.warmup == .seconds(1))
    #expect(closed.total == nil)
    let open = try Self.request(["-r", "10.5"]).settings
    #expect((open.callers, open.connections) == (10_000, 16))
    #expect(open.rate?.perSecond == 10.5)
    #expect(try Self.request(["-n", "5"]).settings.duration == nil)
  }

  @Test(
    "Callers and connections",
    arguments: [
      (["-c", "16"], 16, 16), (["-c", "100"], 100, 64), (["--connections", "100"], 100, 100),
      (["--connections", "4", "--in-flight", "8"], 32, 4),
      (["-c", "10", "--in-flight", "4"], 10, 3),
      (["--in-flight", "4"], 4, 1), (["-r", "5", "-c", "3"], 3, 3),
    ]
  )
  func shapes(_ arguments: [String], _ callers: Int, _ connections: Int) throws {
    let settings = try Self.request(arguments).settings
    #expect((settings.callers, settings.connections) == (callers, connections))
  }

  @Test("The environment supplies the values of missing flags")
  func environment() throws {
    let variables = ["PATRON_ADDRESS": "unix:/tmp/x", "PATRON_STORE": "shop"]
    let request = try Self.request([], environment: variables)
    #expect(request.settings.target == .unix(path: "/tmp/x"))
    #expect(request.description.store == "shop")
    let flags = try Self.request(
      ["--address", "[::1]:1", "--store", "other"],
      environment: variables
    )
    #expect(flags.settings.target == .host("::1", port: 1))
    #expect(flags.description.store == "other")
    #expect(
      try Self.request(["--address", "10.0.0.1:1", "--allow-remote"]).settings.target
        == .host("10.0.0.1", port: 1)
    )
  }

  @Test(
    "Durations",
    arguments: [
      ("10s", .seconds(10)), ("500ms", .milliseconds(500)), ("1.5s", .milliseconds(1500)),
      ("1m30s", .seconds(90)), ("3", .seconds(3)), ("0", .zero), ("250us", .microseconds(250)),
      ("", nil), ("s", nil), ("-1s", nil), ("1s2", nil), ("1..2s", nil), ("1x", nil),
      ("99999999999h", nil),
    ] as [(String, Duration?)]
  )
  func durations(_ text: String, _ expected: Duration?) {
    #expect(DurationArgument(argument: text)?.duration == expected)
  }
}
