import PatronClient
import Testing

@testable import patron

/// Tests that text of a server neither controls nor floods the terminal.
struct HostileServerTests {
  /// Text that sets the title, clears the screen, moves the cursor, with and without ESC, and
  /// reverses the direction of text.
  private static let evil = "a\u{1B}]0;x\u{7}\u{1B}[2J\u{9B}31mb\u{202E}c\u{7F}\r\nd"

  private func isSafe(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || !SafeText.isControl($0) }
  }

  private func detail(_ message: some Message) throws -> StatusDetail {
    let name = type(of: message).descriptor.name
    return StatusDetail(typeURL: "type.googleapis.com/\(name)", value: try message.encoded())
  }

  private func check(_ outcome: CommandOutcome, atMost bytes: Int = 10_000) {
    #expect(isSafe(outcome.out), "\(outcome.out.debugDescription)")
    #expect(isSafe(outcome.err), "\(outcome.err.debugDescription)")
    #expect(outcome.out.utf8.count + outcome.err.utf8.count <= bytes)
  }

  @Test func errorsAreSafeAndShort() async throws {
    let long = Self.evil + String(repeating: "x", count: 4 << 20)
    let violation = GoogleRPC.BadRequest.FieldViolation.with {
      $0.field = long
      $0.description = long
      $0.reason = long
    }
    let all: [[StatusDetail]] = [
      [], [try detail(GoogleRPC.ErrorInfo.with { $0.reason = long })],
      [try detail(GoogleRPC.BadRequest.with { $0.fieldViolations = [violation] })],
      [
        try detail(
          GoogleRPC.BadRequest.with {
            $0.fieldViolations = Array(
              repeating: .with {
                $0.field = Self.evil
                $0.reason = Self.evil
              },
              count: 5000
            )
          }
        )
      ],
    ]
    for details in all {
      let server = FakeServer()
      server.on(CustomerService.getCustomer) { _ throws(RPCError) in
        throw RPCError(code: .invalidArgument, message: long, details: details)
      }
      let outcome = try await patron("customers", "get", "--id", "1", server: server)
      #expect(outcome.status == 64 + 3 && outcome.err.hasPrefix("error: "))
      check(outcome)
    }
    let text = ErrorText.text(
      RPCError(code: .invalidArgument, message: "", details: all[3]),
      Style(colors: false)
    )
    #expect(text.contains("and 4,950 more\n"))
  }

  @Test func warningsAndAnswersAreSafe() async throws {
    let server = FakeServer()
    let money = Money.with { $0.currencyCode = Self.evil }
    let warnings = Array(
      repeating: Warning.with {
        $0.reason = Self.evil
        $0.field = Self.evil
        $0.message = Self.evil
      },
      count: 60
    )
    server.on(CustomerService.upsertCustomer) { _ in
      .with {
        $0.outcome = .updated
        $0.changedFields = [Self.evil]
        $0.warnings = warnings
      }
    }
    let upsert = try await patron("customers", "upsert", "--external-id", "1", server: server)
    check(upsert)
    #expect(upsert.out.contains("and 10 more warnings\n"))
    server.on(TimelineService.syncRefund) { _ in
      .with {
        $0.order = .with {
          $0.name = Self.evil
          $0.total = money
        }
        $0.derivedEvents = [.with { $0.type = Self.evil }]
        $0.warnings = warnings
      }
    }
    check(
      try await patron(
        "timeline",
        "refund",
        "--order-id",
        "o1",
        "--refund-id",
        "r1",
        "--amount",
        "1",
        "--currency",
        "USD",
        "--at",
        "2024-06-01",
        server: server
      )
    )
    server.on(CustomerService.subscribeCustomer) { _ in
      .with {
        $0.confirmationToken = Self.evil
        $0.warnings = warnings
      }
    }
    check(
      try await patron(
        "consent",
        "subscribe",
        "--email",
        "a@example.com",
        "--channel",
        "email",
        "--source",
        "web",
        "--by",
        "customer",
        server: server
      )
    )
  }

  /// A server whose texts are all hostile, and its customer.
  private func hostile() -> (server: FakeServer, customer: Customer) {
    let server = FakeServer()
    let customer = Customer.with {
      $0.id = 1
      $0.firstName = Self.evil
      $0.externalID = Self.evil
      $0.tags = Self.evil
      $0.orderStats = [.with { $0.currencyCode = Self.evil }]
      $0.customProperties = [Self.evil: .with { $0.kind = .stringValue(Self.evil) }]
    }
    let order = Order.with {
      $0.externalID = Self.evil
      $0.total = .with { $0.currencyCode = Self.evil }
    }
    let event = Event.with {
      $0.title = Self.evil
      $0.sourceName = Self.evil
      $0.amount = .with { $0.currencyCode = Self.evil }
      $0.properties = [Self.evil: .with { $0.kind = .stringValue(Self.evil) }]
    }
    server.on(TimelineService.getTimeline) { _ in
      .with {
        $0.header = .with {
          $0.customer = customer
          $0.latestOrders = [order]
        }
        $0.events = [event]
        $0.nextPageToken = Self.evil
      }
    }
    server.on(CustomerService.listCustomers) { _ in
      .with {
        $0.customers = [customer]
        $0.nextPageToken = Self.evil
      }
    }
    server.on(CustomerService.getCustomer) { _ in
      .with {
        $0.customer = customer
        $0.provenance = [
          .with {
            $0.field = Self.evil
            $0.setBy = Self.evil
          }
        ]
      }
    }
    return (server, customer)
  }

  @Test func timelinesListsAndTokensAreSafe() async throws {
    let (server, customer) = hostile()
    for form in ["table", "json", "ndjson"] {
      for terminal in [false, true] {
        let commands = [
          ["timeline", "show", "--id", "1", "--limit", "1", "-o", form],
          ["customers", "get", "--id", "1", "-o", form],
          ["customers", "list", "--limit", "1", "-o", form],
          ["call", "CustomerService/GetCustomer", "-o", form == "table" ? "json" : form],
        ]
        for command in commands {
          let outcome = try await patron(
            command,
            server: server,
            variables: ["NO_COLOR": "1"],
            terminal: terminal
          )
          check(outcome)
          #expect(outcome.status == 0, "\(command)")
        }
      }
    }
    // JSON has the same text, with escapes.
    let json = try await patron("customers", "get", "--id", "1", "-o", "json", server: server)
    #expect(try GetCustomerResponse(json: json.out).customer == customer)
    // A CSV file gets the server's text unchanged, a terminal does not.
    let csv = try await patron("customers", "list", "--limit", "1", "-o", "csv", server: server)
    #expect(csv.out.contains(Self.evil.prefix(4)))
    check(
      try await patron(
        "customers",
        "list",
        "--limit",
        "1",
        "-o",
        "csv",
        server: server,
        variables: ["NO_COLOR": "1"],
        terminal: true
      )
    )
  }

  @Test func textIsCutAndMadeSafe() {
    #expect(SafeText.line("plain ä 😀") == "plain ä 😀")
    #expect(SafeText.line("a\n\u{1B}[2Jb") == "a \u{FFFD}[2Jb")
    #expect(SafeText.line("abcdef", limit: 6) == "abcdef")
    #expect(SafeText.line("abcdefg", limit: 6) == "abcdef…")
    #expect(SafeText.line("äöüßäö", limit: 6) == "äöüßäö")
    #expect(SafeText.lines("a\r\nb\tc\u{9B}d") == "a\nb\tc\u{FFFD}d")
    #expect(SafeText.json("\"\u{9B}\u{202E}\"\n") == "\"\\u009b\\u202e\"\n")
  }
}
