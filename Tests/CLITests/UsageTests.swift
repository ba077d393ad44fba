import ArgumentParser
import PatronClient
import Testing

@testable import patron

/// Tests of arguments, exit statuses and error messages.
struct UsageTests {
  @Test(arguments: [
    ["customers", "list", "--limit", "0"], ["customers", "list", "--nonsense"],
    ["customers", "get"], ["customers", "get", "--id", "1", "--email", "a@example.com"],
    ["customers", "upsert"], ["customers", "upsert", "--email", "a@example.com", "--batch", "-"],
    ["customers", "upsert", "--batch", "-", "--dry-run"],
    ["customers", "upsert", "--email", "a@example.com", "--property", "shoe_size:inch=4"],
    ["customers", "upsert", "--email", "a@example.com", "--account-created-at", "yesterday"],
    ["customers", "upsert", "--email", "a@example.com", "--clear", "id"],
    ["customers", "upsert", "--email", "a@example.com", "--clear", "external-id"],
    ["customers", "upsert", "--data", "{\"emial\": \"a@example.com\"}"],
    ["customers", "get", "--id", "1", "--output", "csv"],
    ["customers", "list", "--address", "nowhere"], ["customers", "list", "--timeout", "soon"],
    ["timeline", "show"], ["timeline", "event", "--event-id", "x"],
    ["timeline", "record", "--type", "x"],
    ["timeline", "record", "--id", "1", "--email", "a@example.com"],
    ["timeline", "order", "--email", "a@example.com", "--total", "16.99"],
    ["timeline", "order", "--email", "a@example.com", "--total", "16.999", "--currency", "USD"],
    ["timeline", "order", "--email", "a@example.com", "--payment-status", "payed"],
    ["call", "GetCustomr"], ["call", "GetCustomer", "{"], ["call", "GetCustomer", "{} {}"],
    ["list", "Nothing"], ["describe", "Nothing"], ["nonsense"],
  ])
  func wrongUsageIsStatus2(_ arguments: [String]) async throws {
    let server = FakeServer()
    let outcome = try await patron(arguments, server: server)
    #expect(outcome.status == 2, "\(outcome.err)")
    #expect(!outcome.err.isEmpty)
    #expect(outcome.out.isEmpty)
    #expect(server.calls.isEmpty)
  }

  @Test(arguments: [
    (
      ["customers", "upsert", "--emial", "x"],
      "there is no option `--emial`; did you mean `--email`? `patron customers upsert --help`"
    ),
    (["customers", "get", "--nonsense=1"], "no option `--nonsense`; `patron customers get"),
    (["--store", "list", "custmers", "list"], "`patron custmers`; did you mean `customers`?"),
    (["timeline", "shwo"], "there is no command `patron timeline shwo`; did you mean `show`?"),
    (["timeline", "record", "--amount", "-5"], "write `--amount=-5`"),
    (["timeline", "watch", "--since", "-.5"], "`--since -.5`: a value that begins with a hyphen"),
    (["customers", "get", "--id", "-1"], "write `--id=-1`"),
    (["help", "customers", "lits"], "no command `patron customers lits`; did you mean `list`?"),
    (
      ["customers", "update", "--id", "1", "--clear", "tags,mood"],
      "\"mood\" is not a field; expected external-id, email,"
    ),
    (["foo"], "there is no command `patron foo`; the commands are customers, "),
    (
      ["customers", "upsert", "--email", "a@example.com", "--phone", "+1", "--clear", "phone"],
      "--clear phone and --phone exclude each other"
    ),
    (["call", "Nonsense"], "there is no method `Nonsense`; `patron list SERVICE` shows"),
    (["customers", "get", "--id", "1", "--output", "csv"], "error: --output csv is not supported"),
    (["customers", "list", "--address", "http://127.0.0.1:7420"], "leave out http://"),
    (["customers", "get", "--id", "abc"], "'--id <id>': expected a whole number\n"),
  ])
  func namesWhatIsWrong(_ arguments: [String], _ expected: String) async throws {
    let outcome = try await patron(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.err.contains(expected), "\(outcome.err)")
  }

  @Test func errorsFoundWhileRunningShowNoUsageOfTheProgram() async throws {
    let outcome = try await patron("customers", "get", "--id", "1", "--output", "csv")
    #expect(!outcome.err.contains("Usage:"))
    #expect(outcome.err.split(separator: "\n").count == 1, "\(outcome.err)")
  }

  @Test func rejectedPropertiesAreSaidOnce() async throws {
    let server = FakeServer()
    server.on(CustomerService.upsertCustomer) { _ throws(RPCError) in
      let bad = GoogleRPC.BadRequest.with {
        $0.fieldViolations = [
          .with {
            $0.field = "customer.custom_properties.N"
            $0.description = "expected snake case"
          }
        ]
      }
      throw RPCError(
        code: .invalidArgument,
        message: "customer.custom_properties: expected snake case",
        details: [
          StatusDetail(
            typeURL: "type.googleapis.com/google.rpc.BadRequest",
            value: try FakeServer.encode(bad)
          )
        ]
      )
    }
    let outcome = try await patron("customers", "upsert", "--property", "N=4", server: server)
    #expect(outcome.err.hasPrefix("error: the input was rejected, 1 violation"), "\(outcome.err)")
    #expect(outcome.err.contains("customer.custom_properties.N: expected snake case"))
  }

  @Test func missingFilesAreStatus1() async throws {
    let outcome = try await patron("timeline", "order", "--batch", "/nowhere/orders.ndjson")
    #expect(outcome.status == 1)
    #expect(outcome.err == "error: cannot read /nowhere/orders.ndjson: No such file or directory\n")
  }

  @Test func helpAndVersionGoToStandardOutput() async throws {
    let help = try await patron("timeline", "record", "--help")
    #expect(help.status == 0)
    #expect(help.out.contains("--source-name"))
    #expect(help.err.isEmpty)
    #expect(try await patron("--version").out == "\(Patron.version)\n")
    #expect(try await patron("version").out.hasPrefix("patron \(Patron.version)"))
    #expect(try await patron("--generate-completion-script", "bash").out.contains("customers"))
  }

  /// Help wraps at 80 columns; a wrapped example could not be copied.
  @Test func examplesAreNotBroken() throws {
    var commands: [any ParsableCommand.Type] = [Patron.self]
    var examples = 0
    while let command = commands.popLast() {
      commands += command.configuration.subcommands
      let help = Patron.helpMessage(for: command, columns: 80)
      let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
      guard let start = lines.firstIndex(of: "EXAMPLES") else { continue }
      for line in lines[(start + 1)...].prefix(while: { !$0.isEmpty }) {
        examples += 1
        #expect(line.hasPrefix("  "), "\(help)")
      }
    }
    #expect(examples > 60)
  }

  @Test func globalOptionsStandBeforeOrAfterTheVerb() async throws {
    let server = FakeServer()
    server.on(CustomerService.listCustomers) { _ in ListCustomersResponse() }
    let after = try await patron(
      "customers",
      "list",
      "--store",
      "shop",
      "-o",
      "json",
      server: server,
      variables: ["PATRON_STORE": "other"]
    )
    #expect(after.status == 0, "\(after.err)")
    #expect(after.out == "{}\n")
    _ = try await patron("customers", "list", server: server, variables: ["PATRON_STORE": "other"])
    let requests = try server.requests(ListCustomersRequest.self, "ListCustomers")
    #expect(requests.map(\.storeID) == ["shop", "other"])
    #expect(try await patron("customers", "list", variables: ["PATRON_ADDRESS": "x"]).status == 2)
  }

  @Test(arguments: [
    ("500ms", Duration.milliseconds(500)), ("5s", .seconds(5)), ("1.5", .milliseconds(1500)),
    ("2m", .seconds(120)), ("0.25s", .milliseconds(250)),
  ])
  func readsTimeouts(_ text: String, _ expected: Duration) async throws {
    let server = FakeServer()
    server.on(CustomerService.listCustomers) { _ in ListCustomersResponse() }
    _ = try await patron("customers", "list", "--timeout", text, server: server)
    #expect(server.calls.first?.options.timeout == expected)
  }

  @Test func errorsOfCallsAreSaidInWords() async throws {
    let server = FakeServer()
    server.on(CustomerService.upsertCustomer) { _ throws(RPCError) in
      let bad = GoogleRPC.BadRequest.with {
        $0.fieldViolations = [
          .with {
            $0.field = "customer.email"
            $0.description = "expected an address with a domain"
            $0.reason = "EMAIL_MALFORMED"
          },
          .with {
            $0.field = "customer.default_currency"
            $0.description = "\u{1B}[31mno currency"
          },
        ]
      }
      throw RPCError(
        code: .invalidArgument,
        message: "2 fields are wrong",
        details: [
          StatusDetail(
            typeURL: "type.googleapis.com/google.rpc.BadRequest",
            value: try FakeServer.encode(bad)
          )
        ]
      )
    }
    let outcome = try await patron("customers", "upsert", "--email", "x", server: server)
    #expect(outcome.status == 67)
    #expect(
      outcome.err == """
        error: 2 fields are wrong (INVALID_ARGUMENT, EMAIL_MALFORMED)
          customer.email: expected an address with a domain (EMAIL_MALFORMED)
          customer.default_currency: \u{FFFD}[31mno currency

        """
    )
    #expect(outcome.out.isEmpty)
  }

  @Test func saysWhatToDo() async throws {
    let server = FakeServer()
    server.on(CustomerService.getCustomer) { _ throws(RPCError) in
      throw RPCError(code: .unavailable, message: "cannot connect")
    }
    let outcome = try await patron("customers", "get", "--id", "1", server: server)
    #expect(outcome.status == 78)
    #expect(outcome.err.contains("hint: check that patrond is running there; --address"))
    #expect(try await patron("customers", "list").status == 76)
  }
}
