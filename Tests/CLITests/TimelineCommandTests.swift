import PatronClient
import Testing

import struct PatronModel.ISO8601Time

@testable import patron

struct TimelineCommandTests {
  static let orders: [(day: String, cents: Int64)] = [
    ("1998-05-28", 1699), ("1997-11-25", 2096), ("1997-11-15", 5745), ("1997-04-02", 1954),
    ("1997-03-30", 2076), ("1997-01-02", 2076),
  ]

  private static func time(_ text: String) -> GoogleProtobuf.Timestamp {
    let time = try? TimeArgument(text).time.timestamp
    return .with { $0.seconds = time?.seconds ?? 0 }
  }

  private func server() -> FakeServer {
    let server = FakeServer()
    server.on(TimelineService.getTimeline) { request in
      .with {
        $0.header = .with { Self.header(&$0) }
        $0.events = Self.orders.enumerated().map { index, order in
          .with {
            $0.id = Int64(index)
            $0.source = .ecommerce
            $0.type = "order_placed"
            $0.title = "Order placed"
            $0.occurredAt = Self.time(order.day)
            $0.orderID = Int64(100 + index)
            // The first event has an amount; the others take it from the header's orders.
            if index == 0 {
              $0.amount = .with {
                $0.currencyCode = "USD"
                $0.minorUnits = order.cents
              }
            }
          }
        }
        $0.events.append(
          .with {
            $0.source = .thirdParty
            $0.sourceName = "helpdesk"
            $0.type = "ticket_closed"
            $0.title = "Ticket \u{1B}]0;x\u{07} closed"
            $0.occurredAt = Self.time("1997-01-02T00:00Z")
            $0.properties = [
              "note": .with { $0.kind = .stringValue(String(repeating: "長い", count: 60)) }
            ]
          }
        )
      }
    }
    return server
  }

  private static func header(_ header: inout TimelineHeader) {
    header.customer = .with {
      $0.id = 3
      $0.externalID = "00003"
      $0.email = "c00003@cdnow.example.com"
      $0.orderStats = [
        .with {
          $0.currencyCode = "USD"
          $0.orderCount = 6
          $0.totalSpent = 15_646
          $0.firstOrderAt = time("1997-01-02")
          $0.lastOrderAt = time("1998-05-28")
        }
      ]
    }
    header.latestOrders = orders.enumerated().map { index, order in
      .with {
        $0.id = Int64(100 + index)
        $0.externalID = "cdnow-\(index)"
        $0.placedAt = time(order.day)
        $0.paymentStatus = .paid
        $0.total = .with {
          $0.currencyCode = "USD"
          $0.minorUnits = order.cents
        }
      }
    }
    header.channels = [
      .with {
        $0.channel = .sms
        $0.topic = .marketing
        $0.state = .subscribed
        $0.subscribedAt = time("2024-03-02")
        $0.source = "welcome_popup"
      },
      .with {
        $0.channel = .email
        $0.topic = .marketing
      },
    ]
  }

  @Test func showsHeaderAndEvents() async throws {
    let outcome = try await patron("timeline", "show", "--external-id", "00003", server: server())
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      outcome.out == """
        ╭─ c00003@cdnow.example.com ───────────────────────────────────────────────────────────────────────╮
        │ id       3 · external id 00003                                                                   │
        │ contact  c00003@cdnow.example.com                                                                │
        │ orders   6 orders, 156.46 USD, 1997-01-02 to 1998-05-28                                          │
        │ SMS      subscribed since 2024-03-02 (welcome_popup); may send: no                               │
        │ E-mail   never subscribed; may send: no                                                          │
        ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯

        Latest orders
          1998-05-28  cdnow-0  16.99 USD  paid
          1997-11-25  cdnow-1  20.96 USD  paid
          1997-11-15  cdnow-2  57.45 USD  paid
          1997-04-02  cdnow-3  19.54 USD  paid
          1997-03-30  cdnow-4  20.76 USD  paid
          1997-01-02  cdnow-5  20.76 USD  paid

        1998-05-28 Thursday
          00:00  ◆  Order placed                                                                   16.99 USD

        1997-11-25 Tuesday
          00:00  ◆  Order placed                                                                   20.96 USD

        1997-11-15 Saturday
          00:00  ◆  Order placed                                                                   57.45 USD

        1997-04-02 Wednesday
          00:00  ◆  Order placed                                                                   19.54 USD

        1997-03-30 Sunday
          00:00  ◆  Order placed                                                                   20.76 USD

        1997-01-02 Thursday
          00:00  ◆  Order placed                                                                   20.76 USD
          00:00  ○  Ticket \u{FFFD}]0;x\u{FFFD} closed  helpdesk · note=長い長い長い長い長い長い長い長い長い長い長い長い…

        ◆ shop  ● product  ○ other application  times are UTC

        """
    )
    let widest = outcome.out.split(separator: "\n").map { TextWidth.columns(String($0)) }.max()
    #expect(widest == 100)
  }

  @Test func cutsNothingWhereThereIsNoTerminal() async throws {
    let server = server()
    let outcome = try await patron(
      "timeline",
      "show",
      "--id",
      "3",
      server: server,
      columns: TextWidth.unlimited
    )
    #expect(outcome.out.contains("note=" + String(repeating: "長い", count: 60) + "\n"))
    #expect(!outcome.out.contains("…"))
    // Frames and amounts keep their positions.
    let lines = outcome.out.split(separator: "\n").map(String.init)
    #expect(TextWidth.columns(lines[0]) == 100)
    #expect(lines.contains { $0.hasSuffix("16.99 USD") && TextWidth.columns($0) == 100 })
  }

  @Test func aFrameGrowsWithWhatItHolds() {
    let name = String(repeating: "x", count: 150)
    var header = TimelineHeader()
    header.customer = .with {
      $0.id = 1
      $0.firstName = name
      $0.tags = name + "y"
    }
    var text = TimelineText(width: TextWidth.unlimited, style: Style(colors: false))
    let lines = text.header(header).split(separator: "\n").map(String.init)
    #expect(Set(lines.map(TextWidth.columns)).count == 1, "\(lines)")
    #expect(lines[0].contains(name) && lines.contains { $0.contains(name + "y │") })
    var narrow = TimelineText(width: 120, style: Style(colors: false))
    let cut = narrow.header(header).split(separator: "\n").map { TextWidth.columns(String($0)) }
    #expect(Set(cut) == [120])
  }

  @Test func filtersAndJSON() async throws {
    let server = server()
    let outcome = try await patron(
      "timeline",
      "show",
      "--id",
      "3",
      "--source",
      "ecommerce",
      "--source",
      "third-party",
      "--type",
      "order_placed",
      "--since",
      "1997",
      "--until",
      "1998-01-01T00:00:00+01:00",
      "--limit",
      "7",
      "-o",
      "ndjson",
      server: server
    )
    #expect(outcome.status == 2)
    let good = try await patron(
      "timeline",
      "show",
      "--id",
      "3",
      "--source",
      "ecommerce",
      "--source",
      "third-party",
      "--type",
      "order_placed",
      "--since",
      "1997-01-01",
      "--until",
      "1998-01-01T00:00:00+01:00",
      "--limit",
      "7",
      "-o",
      "ndjson",
      server: server
    )
    #expect(good.out.split(separator: "\n").count == 7)
    let request = try server.requests(GetTimelineRequest.self, "GetTimeline").first
    #expect(
      try request?.json() == """
        {"customer":{"id":"3"},"filter":{"sources":["EVENT_SOURCE_ECOMMERCE",\
        "EVENT_SOURCE_THIRD_PARTY"],"types":["order_placed"],\
        "occurredFrom":"1997-01-01T00:00:00Z","occurredBefore":"1997-12-31T23:00:00Z"},\
        "pageSize":7}
        """
    )
    let json = try await patron("timeline", "show", "--id", "3", "-o", "json", server: server)
    #expect(try GetTimelineResponse(json: json.out).events.count == 7)
  }

  @Test func coloursOnlyWhereAPersonLooks() async throws {
    let plain = try await patron("timeline", "show", "--id", "3", server: server())
    #expect(!plain.out.contains("\u{1B}"))
    let terminal = try await patron(
      "timeline",
      "show",
      "--id",
      "3",
      server: server(),
      terminal: true
    )
    #expect(terminal.out.contains("\u{1B}[1m"))
    let refused = try await patron(
      "timeline",
      "show",
      "--id",
      "3",
      server: server(),
      variables: ["NO_COLOR": "1"],
      terminal: true
    )
    #expect(!refused.out.contains("\u{1B}"))
  }

  @Test func recordsAnEvent() async throws {
    let server = FakeServer()
    server.on(TimelineService.recordEvent) { _ in
      .with {
        $0.outcome = .created
        $0.customerCreated = true
        $0.event = .with {
          $0.id = 9
          $0.customerID = 7
          $0.title = "Ticket closed"
          $0.occurredAt = Self.time("2024-05-31T12:00Z")
        }
      }
    }
    let outcome = try await patron(
      "timeline",
      "record",
      "--external-id",
      "42",
      "--source",
      "third-party",
      "--source-name",
      "helpdesk",
      "--type",
      "ticket_closed",
      "--at",
      "2024-05-31T12:00Z",
      "--event-id",
      "t-1",
      "--title",
      "Ticket closed",
      "--property",
      "stars:int=5",
      "--amount",
      "12.3",
      "--currency",
      "kwd",
      "--channel",
      "email",
      "--order-id",
      "1001",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.out == "created  event 9  Ticket closed  2024-05-31 12:00  customer 7 (new)\n")
    var request = try #require(try server.requests(RecordEventRequest.self, "RecordEvent").first)
    #expect(request.requestID.count == 32)
    #expect(server.calls.first?.options.hasRequestID == true)
    request.requestID = ""
    #expect(
      try request.json() == """
        {"customer":{"externalId":"42"},"event":{"eventId":"t-1",\
        "source":"EVENT_SOURCE_THIRD_PARTY","sourceName":"helpdesk","type":"ticket_closed",\
        "occurredAt":"2024-05-31T12:00:00Z","title":"Ticket closed",\
        "properties":{"stars":{"int64Value":"5"}},\
        "amount":{"currencyCode":"KWD","minorUnits":"12300"},"channel":"CHANNEL_EMAIL",\
        "references":{"orderExternalId":"1001"}}}
        """
    )
  }

  @Test func saysWhatAnEventChanged() async throws {
    let server = FakeServer()
    server.on(TimelineService.recordEvent) { request in
      .with {
        $0.outcome = request.event?.eventID == "again" ? .unchanged : .updated
        guard request.event?.eventID != "nobody" else { return }
        $0.event = .with {
          $0.id = 9
          $0.title = "SMS reply received"
          $0.enrichedFields = ["accepts_sms_marketing", "subscriptions"]
        }
      }
    }
    func record(_ id: String) async throws -> String {
      try await patron(
        "timeline",
        "record",
        "--phone",
        "+14155550100",
        "--source",
        "product",
        "--type",
        "sms_received",
        "--event-id",
        id,
        server: server
      ).out
    }
    let opted = try await record("stop")
    #expect(opted.hasSuffix("\nchanged: accepts_sms_marketing, subscriptions\n"), "\(opted)")
    #expect(try await !record("again").contains("changed:"))
    #expect(try await record("nobody") == "updated  address only: no customer and no event\n")
  }

  @Test func syncsAnOrderOfACustomerNamedById() async throws {
    let server = FakeServer()
    server.on(CustomerService.getCustomer) { _ in
      .with { $0.customer = CustomerCommandTests.ada }
    }
    server.on(TimelineService.syncOrder) { request in
      .with {
        $0.outcome = .created
        $0.order = request.order
        $0.derivedEvents = [.with { $0.type = "order_placed" }]
      }
    }
    let outcome = try await patron(
      "timeline",
      "order",
      "--id",
      "7",
      "--order-id",
      "1001",
      "--total",
      "16.99",
      "--currency",
      "USD",
      "--placed-at",
      "1998-05-28",
      "--payment-status",
      "partially-paid",
      "--quantity",
      "2",
      "--item",
      "CD",
      "--cancelled-at",
      "1998-05-29",
      "--cancel-reason",
      "lost",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      outcome.out.hasPrefix("created  order 1001  16.99 USD  1998-05-28  customer 0\n")
    )
    let request = try server.requests(SyncOrderRequest.self, "SyncOrder").first
    #expect(
      try request?.json() == """
        {"customer":{"externalId":"42"},"order":{"externalId":"1001",\
        "placedAt":"1998-05-28T00:00:00Z","total":{"currencyCode":"USD","minorUnits":"1699"},\
        "paymentStatus":"PAYMENT_STATUS_PARTIALLY_PAID",\
        "cancellation":{"cancelledAt":"1998-05-29T00:00:00Z","reason":"lost"},\
        "lineItems":[{"name":"CD","quantity":2}]}}
        """
    )
  }

  @Test func showsOneEvent() async throws {
    let server = FakeServer()
    server.on(TimelineService.getEvent) { _ in
      .with {
        $0.event = .with {
          $0.id = 9
          $0.eventID = "t-1"
          $0.title = "Ticket closed"
          $0.source = .thirdParty
        }
        $0.relatedEvents = [.with { $0.title = "Ticket opened" }]
      }
    }
    let outcome = try await patron(
      "timeline",
      "event",
      "--event-id",
      "t-1",
      "--source",
      "third_party",
      "--source-name",
      "helpdesk",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.out.contains("Ticket closed"))
    #expect(outcome.out.contains("third party"))
    #expect(outcome.out.contains("Ticket opened"))
    let request = try server.requests(GetEventRequest.self, "GetEvent").first
    #expect(
      try request?.json() == """
        {"key":{"source":"EVENT_SOURCE_THIRD_PARTY","sourceName":"helpdesk","eventId":"t-1"}}
        """
    )
  }
}
