import PatronClient
import Testing

import struct PatronModel.ISO8601Time

@testable import patron

/// Tests of times on the command line: the instants that they stand for, and their zones.
struct TimeCommandTests {
  private static func server(zone: String = "") -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.getStoreSettings) { _ in
      .with { $0.settings = .with { $0.timeZone = zone } }
    }
    server.on(CustomerService.unsubscribeCustomer) { _ in .init() }
    server.on(CustomerService.subscribeCustomer) { _ in .init() }
    server.on(CustomerService.suppressCustomer) { _ in .init() }
    server.on(TimelineService.recordEvent) { _ in .init() }
    server.on(TimelineService.syncRefund) { _ in .init() }
    server.on(TimelineService.syncOrder) { _ in .init() }
    server.on(TimelineService.syncCheckout) { _ in .init() }
    server.on(TimelineService.getTimeline) { _ in .init() }
    server.on(CustomerService.upsertCustomer) { _ in .init() }
    return server
  }

  private static func text(_ time: GoogleProtobuf.Timestamp?) throws -> String? {
    let json = try time?.json(JSONWriteOptions())
    return json.map { $0.filter { $0 != "\"" } }
  }

  private static let unsubscribe = [
    "consent", "unsubscribe", "--external-id", "1", "--channel", "email", "--by", "customer",
  ]

  @Test(arguments: [
    ("2024-05-06", "2024-05-06T23:59:59.999999Z"), ("2024-05", "2024-05-31T23:59:59.999999Z"),
    ("2024-05-06T10:00Z", "2024-05-06T10:00:59.999999Z"),
    ("2024-05-06 10:00:00 -0400", "2024-05-06T14:00:00Z"),
    ("2024-05-06 10:00:00 UTC", "2024-05-06T10:00:00Z"),
    ("Mon, 06 May 2024 10:00:00 GMT", "2024-05-06T10:00:00Z"),
  ])
  func anOptOutTakesTheEnd(given: String, expected: String) async throws {
    let server = Self.server()
    let outcome = try await patron(Self.unsubscribe + ["--at", given], server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    let request = try server.requests(UnsubscribeCustomerRequest.self, "UnsubscribeCustomer").first
    #expect(try Self.text(request?.evidence?.occurredAt) == expected)
  }

  @Test func anAgreementTakesTheBeginningAndASuppressionTheEnd() async throws {
    let server = Self.server(zone: "America/New_York")
    for command in [
      ["consent", "subscribe", "--source", "form", "--at", "2024-05-06"],
      ["consent", "suppress", "--at", "2024-05-06"],
    ] {
      let outcome = try await patron(
        command + ["--external-id", "1", "--channel", "email"],
        server: server
      )
      #expect(outcome.status == 0, "\(outcome.err)")
    }
    let agreed = try server.requests(SubscribeCustomerRequest.self, "SubscribeCustomer").first
    #expect(try Self.text(agreed?.evidence?.occurredAt) == "2024-05-06T04:00:00Z")
    let suppressed = try server.requests(SuppressCustomerRequest.self, "SuppressCustomer").first
    #expect(try Self.text(suppressed?.suppressedAt) == "2024-05-07T03:59:59.999999Z")
  }

  @Test func theStoreIsAskedOnlyWhereItsZoneMatters() async throws {
    let server = Self.server(zone: "Europe/Berlin")
    func asked(_ time: String, _ more: String...) async throws -> (Int, String?) {
      let before = server.calls.count { $0.method == "GetStoreSettings" }
      let outcome = try await patron(Self.unsubscribe + ["--at", time] + more, server: server)
      #expect(outcome.status == 0, "\(outcome.err)")
      let requests = try server.requests(UnsubscribeCustomerRequest.self, "UnsubscribeCustomer")
      return (
        server.calls.count { $0.method == "GetStoreSettings" } - before,
        try Self.text(requests.last?.evidence?.occurredAt)
      )
    }
    #expect(try await asked("2024-05-06T10:00:00Z") == (0, "2024-05-06T10:00:00Z"))
    #expect(try await asked("2024-05-06T10:00Z") == (0, "2024-05-06T10:00:59.999999Z"))
    #expect(try await asked("2024-05-06 10:00:00") == (1, "2024-05-06T08:00:00Z"))
    #expect(
      try await asked("2024-05-06 10:00:00", "--timezone", "UTC") == (0, "2024-05-06T10:00:00Z")
    )
    #expect(
      try await asked("2024-05-06", "--timezone", "America/New_York")
        == (0, "2024-05-07T03:59:59.999999Z")
    )
    #expect(server.calls.allSatisfy { $0.method != "UpsertCustomer" })
  }

  @Test func whatIsNoTimeAndNoZone() async throws {
    for (arguments, says) in [
      (["--at", "2024-05-06 10:00:00 EST"], "stand for several zones"),
      (["--at", "5/6/2024"], "Expected is e.g."),
      (["--at", "2024-05-06", "--timezone", "EST"], "There is no such time zone"),
      (["--at", "2024-05-06", "--timezone", "Mars/Olympus"], "There is no such time zone"),
    ] {
      let server = Self.server()
      let outcome = try await patron(Self.unsubscribe + arguments, server: server)
      #expect(outcome.status == 2 && outcome.err.contains(says), "\(outcome.err)")
      #expect(server.calls.isEmpty)
    }
  }

  @Test func theEndIsNotInTheFuture() async throws {
    let server = Self.server()
    let today = ZoneArgument.now.date.iso8601
    let outcome = try await patron(Self.unsubscribe + ["--at", today], server: server)
    #expect(outcome.status == 0, "\(outcome.err)")
    let request = try server.requests(UnsubscribeCustomerRequest.self, "UnsubscribeCustomer").first
    let time = try #require(request?.evidence?.occurredAt)
    #expect(time.seconds <= ZoneArgument.now.seconds)
  }

  @Test func theTypeOfAnEventDecides() async throws {
    let server = Self.server()
    let first = "2024-05-06T00:00:00Z"
    let last = "2024-05-06T23:59:59.999999Z"
    let cases: [(type: String, properties: [String], expected: String)] = [
      ("email_unsubscribed", [], last), ("sms_suppressed", ["reason=policy"], last),
      ("email_marked_spam", [], last), ("email_bounced", ["bounce_type=hard"], last),
      ("sms_failed", ["permanent:bool=true"], last), ("sms_failed", [], first),
      ("sms_received", ["keyword=STOP"], last), ("sms_received", ["body_excerpt=weg"], last),
      ("sms_received", ["keyword=START"], first), ("email_subscribed", [], first),
      ("email_opened", [], first), ("review_created", [], first),
    ]
    for (type, properties, expected) in cases {
      var arguments = [
        "timeline", "record", "--external-id", "1", "--source", "product", "--type", type, "--at",
        "2024-05-06", "--timezone", "UTC",
      ]
      for property in properties { arguments += ["--property", property] }
      #expect(try await patron(arguments, server: server).status == 0)
      let event = try server.requests(RecordEventRequest.self, "RecordEvent").last?.event
      #expect(try Self.text(event?.occurredAt) == expected, "\(type) \(properties)")
      let json = """
        {"customer": {"externalId": "1"}, "event": {"occurredAt": "2024-05-06",
         "source": "EVENT_SOURCE_PRODUCT", "type": "\(type)", "properties": {
           \(properties.map(Self.property).joined(separator: ","))}}}
        """
      #expect(try await patron("call", "RecordEvent", json, server: server).status == 0)
      let called = try server.requests(RecordEventRequest.self, "RecordEvent").last?.event
      #expect(try Self.text(called?.occurredAt) == expected, "\(type) by call")
    }
  }

  private static func property(_ argument: String) -> String {
    argument == "permanent:bool=true"
      ? #""permanent": {"boolValue": true}"#
      : #""\#(argument.prefix { $0 != "=" })": {"stringValue": "#
        + #""\#(argument.drop { $0 != "=" }.dropFirst())"}"#
  }

  private static func asked(_ server: FakeServer) -> Int {
    server.calls.count { $0.method == "GetStoreSettings" }
  }

  private static func serverWithWords() -> FakeServer {
    let server = Self.server()
    server.on(CustomerService.getStoreSettings) { _ in
      .with {
        $0.settings = .with {
          $0.optOutWords = .with { $0.values = ["aufhören"] }
          $0.optInWords = .with { $0.values = ["weiter"] }
        }
      }
    }
    return server
  }

  @Test func wordsOfTheStoreDecideWhereItHasSome() async throws {
    let server = Self.serverWithWords()
    let first = "2024-05-06T00:00:00Z"
    let last = "2024-05-06T23:59:59.999999Z"
    let cases: [(properties: [String], expected: String, asks: Int)] = [
      (["body_excerpt=weiter"], first, 1), (["body_excerpt=Weiter!"], first, 1),
      (["keyword=START"], first, 1), (["keyword=START", "body_excerpt=aufhören"], last, 1),
      (["body_excerpt=weiter so"], last, 1), (["body_excerpt=STOP"], last, 0),
      (["keyword=weiter", "body_excerpt=please unsubscribe"], last, 0),
    ]
    for (properties, expected, asks) in cases {
      let before = Self.asked(server)
      var arguments = [
        "timeline", "record", "--external-id", "1", "--source", "product", "--type",
        "sms_received", "--at", "2024-05-06", "--timezone", "UTC",
      ]
      for property in properties { arguments += ["--property", property] }
      #expect(try await patron(arguments, server: server).status == 0)
      let event = try server.requests(RecordEventRequest.self, "RecordEvent").last?.event
      #expect(try Self.text(event?.occurredAt) == expected, "\(properties)")
      let json = """
        {"customer": {"externalId": "1"}, "event": {"occurredAt": "2024-05-06",
         "source": "EVENT_SOURCE_PRODUCT", "type": "sms_received", "properties": {
           \(properties.map(Self.property).joined(separator: ","))}}}
        """
      let call = try await patron(
        "call",
        "RecordEvent",
        json,
        "--timezone",
        "UTC",
        server: server
      )
      #expect(call.status == 0, "\(call.err)")
      let called = try server.requests(RecordEventRequest.self, "RecordEvent").last?.event
      #expect(try Self.text(called?.occurredAt) == expected, "\(properties) by call")
      #expect(Self.asked(server) - before == 2 * asks, "\(properties)")
    }
  }

  @Test func wordsOfTheStoreAreAskedForOnce() async throws {
    let server = Self.serverWithWords()
    server.on(TimelineService.batchRecordEvents) { request in
      .with { $0.results = request.items.map { _ in .with { $0.outcome = .created } } }
    }
    func line(_ text: String, _ time: String) -> String {
      #"{"customer": {"externalId": "1"}, "event": {"source": "EVENT_SOURCE_PRODUCT", "#
        + #""type": "sms_received", "occurredAt": "\#(time)", "properties": {"body_excerpt": "#
        + #"{"stringValue": "\#(text)"}}}}"# + "\n"
    }
    func sent(_ lines: String) async throws -> [String?] {
      let before = try server.requests(BatchRecordEventsRequest.self, "BatchRecordEvents").count
      let file = try TemporaryFile(lines)
      let outcome = try await patron(
        "timeline",
        "record",
        "--batch",
        file.path,
        "--batch-size",
        "1",
        "--timezone",
        "UTC",
        server: server
      )
      #expect(outcome.status == 0, "\(outcome.err)")
      return try server.requests(BatchRecordEventsRequest.self, "BatchRecordEvents")
        .dropFirst(before).flatMap(\.items).map { try Self.text($0.event?.occurredAt) }
    }
    let exact = "2024-05-06T10:00:00Z"
    #expect(try await sent(line("weiter", exact) + line("STOP", exact)) == [exact, exact])
    #expect(Self.asked(server) == 0, "there is one instant only")
    let first = "2024-05-06T00:00:00Z"
    let last = "2024-05-06T23:59:59.999999Z"
    let lines =
      line("weiter", exact) + line("weiter", "2024-05-06") + line("aufhören", "2024-05-06")
      + line("Weiter", "2024-05-06")
    #expect(try await sent(lines) == [exact, first, last, first])
    #expect(Self.asked(server) == 1, "once a run")
  }

  @Test func aFlagBesideTheTimeOfAnOrderDecides() async throws {
    let server = Self.server()
    let first = "2024-05-06T00:00:00Z"
    let last = "2024-05-06T23:59:59.999999Z"
    let refusal = #", "acceptsEmailMarketing": false"#
    let cases: [(flags: String, more: String, placed: String, paid: String?)] = [
      ("", "", first, nil), (#", "acceptsEmailMarketing": true"#, "", first, nil),
      (refusal, "", last, nil), (#", "acceptsSmsMarketing": false"#, "", last, nil),
      (refusal + #", "acceptsSmsMarketing": false"#, "", last, nil),
      // The order was placed before it was paid.
      (
        refusal, #", "paidAt": "2024-05-06T12:00:00Z""#, "2024-05-06T12:00:00Z",
        "2024-05-06T12:00:00Z"
      ),
      (refusal, #", "paidAt": "2024-05-06""#, last, last),
      (refusal, #", "paidAt": "2024-05-07""#, last, "2024-05-07T00:00:00Z"),
      ("", #", "paidAt": "2024-05-06""#, first, first),
    ]
    for (flags, more, placed, paid) in cases {
      let json = """
        {"customer": {"externalId": "1"\(flags)},
         "order": {"externalId": "1", "placedAt": "2024-05-06"\(more)}}
        """
      for _ in 1...2 {
        let outcome = try await patron(
          "call",
          "SyncOrder",
          json,
          "--timezone",
          "UTC",
          server: server
        )
        #expect(outcome.status == 0, "\(outcome.err)")
      }
      let orders = try server.requests(SyncOrderRequest.self, "SyncOrder").suffix(2)
        .compactMap(\.order)
      #expect(orders.count == 2 && orders.first == orders.last, "the same text is the same time")
      #expect(try Self.text(orders.first?.placedAt) == placed, "\(flags)\(more)")
      #expect(try Self.text(orders.first?.paidAt) == paid, "\(flags)\(more)")
    }
    let today = """
      {"customer": {"externalId": "1"\(refusal)},
       "order": {"externalId": "1", "placedAt": "\(ZoneArgument.now.date.iso8601)"}}
      """
    #expect(try await patron("call", "SyncOrder", today, server: server).status == 0)
    let placed = try server.requests(SyncOrderRequest.self, "SyncOrder").last?.order?.placedAt
    #expect(try #require(placed).seconds <= ZoneArgument.now.seconds)
  }

  @Test func aFlagBesideOtherTimesDecides() async throws {
    let server = Self.server()
    func customer(_ accepts: Bool) -> String {
      #""customer": {"externalId": "1", "acceptsEmailMarketing": \#(accepts)}"#
    }
    func checkout(_ accepts: Bool) async throws -> [String?] {
      let json = """
        {\(customer(accepts)), "checkout": {"token": "k", "startedAt": "2024-05-06T12:00Z",
         "abandonedAt": "2024-05-06T12:00Z", "completedAt": "2024-05-07T12:00Z"}}
        """
      #expect(try await patron("call", "SyncCheckout", json, server: server).status == 0)
      let sent = try server.requests(SyncCheckoutRequest.self, "SyncCheckout").last?.checkout
      return try [sent?.startedAt, sent?.abandonedAt, sent?.completedAt].map(Self.text)
    }
    #expect(
      try await checkout(true)
        == ["2024-05-06T12:00:00Z", "2024-05-06T12:00:00Z", "2024-05-07T12:00:00Z"]
    )
    #expect(
      try await checkout(false) == [
        "2024-05-06T12:00:59.999999Z", "2024-05-06T12:00:59.999999Z",
        "2024-05-07T12:00:59.999999Z",
      ]
    )
    func event(_ source: String, _ type: String, _ accepts: Bool) async throws -> String? {
      let json = """
        {\(customer(accepts)), "event": {"source": "EVENT_SOURCE_\(source)", "type": "\(type)",
         "occurredAt": "2024-05-06T12:00Z"}}
        """
      #expect(try await patron("call", "RecordEvent", json, server: server).status == 0)
      let sent = try server.requests(RecordEventRequest.self, "RecordEvent").last?.event
      return try Self.text(sent?.occurredAt)
    }
    let account = "account_created"
    #expect(try await event("ECOMMERCE", account, true) == "2024-05-06T12:00:00Z")
    #expect(try await event("ECOMMERCE", account, false) == "2024-05-06T12:00:59.999999Z")
    // Flags beside other events have no effect.
    #expect(try await event("PRODUCT", "email_opened", false) == "2024-05-06T12:00:00Z")
  }

  @Test func linesOfOrdersFollowTheirFlags() async throws {
    let server = Self.server()
    server.on(TimelineService.batchSyncOrders) { request in
      .with { $0.results = request.items.map { _ in .with { $0.outcome = .created } } }
    }
    func line(_ accepts: Bool) -> String {
      #"{"customer": {"externalId": "1", "acceptsSmsMarketing": \#(accepts)}, "#
        + #""order": {"externalId": "1", "placedAt": "2024-05-06"}}"# + "\n"
    }
    let file = try TemporaryFile(line(true) + line(false))
    let outcome = try await patron(
      "timeline",
      "order",
      "--batch",
      file.path,
      "--timezone",
      "UTC",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let times = try server.requests(BatchSyncOrdersRequest.self, "BatchSyncOrders")
      .flatMap(\.items).map { try Self.text($0.order?.placedAt) }
    #expect(times == ["2024-05-06T00:00:00Z", "2024-05-06T23:59:59.999999Z"])
  }

  @Test func oneInstantCannotBeBothEnds() async throws {
    let server = Self.server()
    server.on(TimelineService.batchSyncOrders) { _ in .init() }
    func item(_ time: String) -> String {
      """
      {"customer": {"externalId": "1", "acceptsSmsMarketing": true, "acceptsEmailMarketing": false},
       "order": {"externalId": "1", "placedAt": "\(time)"}}
      """
    }
    let exact = item("2024-05-06T12:00:00Z")
    #expect(try await patron("call", "SyncOrder", exact, server: server).status == 0)
    let sent = server.calls.count
    let order = try await patron(
      "call",
      "SyncOrder",
      item("2024-05-06"),
      "--timezone",
      "UTC",
      server: server
    )
    #expect(order.status == 2 && order.err.contains("order.placedAt"), "\(order.err)")
    #expect(order.err.contains("a time with seconds"), "\(order.err)")
    let batch = #"{"items": [\#(exact), \#(item("2024-05"))]}"#
    let orders = try await patron(
      "call",
      "BatchSyncOrders",
      batch,
      "--timezone",
      "UTC",
      server: server
    )
    #expect(orders.status == 2 && orders.err.contains("items[1].order.placedAt"), "\(orders.err)")
    #expect(server.calls.count == sent, "nothing was sent")
  }

  @Test func jsonOfCallsFollowsTheSameRule() async throws {
    let server = Self.server(zone: "Europe/Berlin")
    let unsubscribe = """
      {"customer": {"externalId": "1"}, "channels": ["CHANNEL_SMS"],
       "evidence": {"occurredAt": "2024-05-06"}}
      """
    #expect(
      try await patron("call", "UnsubscribeCustomer", unsubscribe, server: server).status == 0
    )
    let first = try server.requests(UnsubscribeCustomerRequest.self, "UnsubscribeCustomer").first
    #expect(try Self.text(first?.evidence?.occurredAt) == "2024-05-06T21:59:59.999999Z")
    #expect(first?.customer == .externalID("1"))
    let suppress = """
      {"customer": {"externalId": "1"}, "channels": ["CHANNEL_SMS"], "suppressedAt": "2024-05-06"}
      """
    let outcome = try await patron(
      "call",
      "SuppressCustomer",
      suppress,
      "--timezone",
      "UTC",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let suppressed = try server.requests(SuppressCustomerRequest.self, "SuppressCustomer").first
    #expect(try Self.text(suppressed?.suppressedAt) == "2024-05-06T23:59:59.999999Z")
    let subscribe = """
      {"customer": {"externalId": "1"}, "channels": ["CHANNEL_SMS"],
       "evidence": {"source": "form", "occurredAt": "2024-05-06T10:00"}}
      """
    #expect(try await patron("call", "SubscribeCustomer", subscribe, server: server).status == 0)
    let agreed = try server.requests(SubscribeCustomerRequest.self, "SubscribeCustomer").first
    #expect(try Self.text(agreed?.evidence?.occurredAt) == "2024-05-06T08:00:00Z")
  }

  @Test func linesOfABatchAreReadInTheZone() async throws {
    let server = Self.server(zone: "America/New_York")
    server.on(TimelineService.batchRecordEvents) { request in
      .with { $0.results = request.items.map { _ in .with { $0.outcome = .created } } }
    }
    func line(_ type: String, _ time: String) -> String {
      #"{"customer": {"externalId": "1"}, "event": {"source": "EVENT_SOURCE_PRODUCT", "#
        + #""type": "\#(type)", "occurredAt": "\#(time)"}}"# + "\n"
    }
    let file = try TemporaryFile(
      line("email_opened", "2024-05-06T00:00:00Z") + line("email_opened", "2024-05-06")
        + line("email_unsubscribed", "2024-05-06")
    )
    for size in ["1", "1000"] {
      let outcome = try await patron(
        "timeline",
        "record",
        "--batch",
        file.path,
        "--batch-size",
        size,
        server: server
      )
      #expect(outcome.status == 0, "\(outcome.err)")
    }
    let times = try server.requests(BatchRecordEventsRequest.self, "BatchRecordEvents")
      .flatMap(\.items).map { try Self.text($0.event?.occurredAt) }
    let expected = [
      "2024-05-06T00:00:00Z", "2024-05-06T04:00:00Z", "2024-05-07T03:59:59.999999Z",
    ]
    #expect(times == expected + expected)
    #expect(server.calls.count { $0.method == "GetStoreSettings" } == 2, "once a run")
  }

  @Test func cellsOfAnImportAreReadInTheZone() async throws {
    let server = Self.server(zone: "America/New_York")
    server.on(CustomerService.importCustomers) { request in
      .with { $0.results = request.items.map { _ in .with { $0.outcome = .created } } }
    }
    let file = try TemporaryFile(
      """
      external_id,account_created_at,email_consent,email_consent_at,email_unsubscribed_at,\
      sms_suppression_reasons,sms_suppressed_at
      1,2024-05-01T00:00:00Z,,,,,
      2,2024-05-01,subscribed,2024-05-06,,,
      3,,unsubscribed,2024-05-06,2024-05-06,hard_bounce,2024-05-06 10:00
      4,,subscribed,2024-05-06,2024-05-06,,

      """
    )
    for size in ["1", "1000"] {
      let outcome = try await patron(
        "customers",
        "import",
        file.path,
        "--batch-size",
        size,
        server: server
      )
      #expect(outcome.status == 0, "\(outcome.err)")
    }
    let items = try server.requests(ImportCustomersRequest.self, "ImportCustomers")
      .flatMap(\.items)
    #expect(items.count == 8 && Array(items.prefix(4)) == Array(items.suffix(4)))
    #expect(try Self.text(items[0].customer?.accountCreatedAt) == "2024-05-01T00:00:00Z")
    #expect(try Self.text(items[1].customer?.accountCreatedAt) == "2024-05-01T04:00:00Z")
    #expect(try Self.text(items[1].subscriptions.first?.changedAt) == "2024-05-06T04:00:00Z")
    let out = try #require(items[2].subscriptions.first)
    #expect(try Self.text(out.changedAt) == "2024-05-07T03:59:59.999999Z")
    #expect(try Self.text(out.unsubscribedAt) == "2024-05-07T03:59:59.999999Z")
    #expect(
      try Self.text(items[2].suppressions.first?.suppressedAt) == "2024-05-06T14:00:59.999999Z"
    )
    // An opt-out on the day of an agreement counts as earlier than the agreement.
    let back = try #require(items[3].subscriptions.first)
    #expect(back.unsubscribedAt == back.changedAt)
    #expect(server.calls.count { $0.method == "GetStoreSettings" } == 2, "once a run")
    let named = try await patron(
      "customers",
      "import",
      file.path,
      "--timezone",
      "UTC",
      server: server
    )
    #expect(named.status == 0)
    #expect(server.calls.count { $0.method == "GetStoreSettings" } == 2)
    let last = try server.requests(ImportCustomersRequest.self, "ImportCustomers").last
    #expect(
      try Self.text(last?.items[2].subscriptions.first?.changedAt) == "2024-05-06T23:59:59.999999Z"
    )
  }

  @Test func otherTimesTakeTheBeginning() async throws {
    let server = Self.server(zone: "Europe/Berlin")
    let refund = try await patron(
      "timeline",
      "refund",
      "--order-id",
      "1",
      "--refund-id",
      "r",
      "--amount",
      "1",
      "--currency",
      "EUR",
      "--at",
      "2024-05-06",
      server: server
    )
    #expect(refund.status == 0, "\(refund.err)")
    let refunded = try server.requests(SyncRefundRequest.self, "SyncRefund").first?.refund
    #expect(try Self.text(refunded?.refundedAt) == "2024-05-05T22:00:00Z")
    let show = try await patron(
      "timeline",
      "show",
      "--id",
      "1",
      "--since",
      "2024-05-06",
      "--until",
      "2024-05-07",
      "--timezone",
      "UTC",
      server: server
    )
    #expect(show.status == 0, "\(show.err)")
    let filter = try server.requests(GetTimelineRequest.self, "GetTimeline").first?.filter
    #expect(try Self.text(filter?.occurredFrom) == "2024-05-06T00:00:00Z")
    #expect(try Self.text(filter?.occurredBefore) == "2024-05-07T00:00:00Z")
    let upsert = try await patron(
      "customers",
      "upsert",
      "--external-id",
      "1",
      "--account-created-at",
      "2024-05-06",
      "--property",
      "seen:timestamp=2024-05-06 10:00",
      "--data",
      #"{"customProperties": {"met": {"timestampValue": "2024-05-06"}}}"#,
      server: server
    )
    #expect(upsert.status == 0, "\(upsert.err)")
    let customer = try server.requests(UpsertCustomerRequest.self, "UpsertCustomer").last?.customer
    #expect(try Self.text(customer?.accountCreatedAt) == "2024-05-05T22:00:00Z")
    #expect(
      customer?.customProperties.mapValues(\.kind) == [
        "seen": .timestampValue(.with { $0.seconds = 1_714_982_400 }),
        "met": .timestampValue(.with { $0.seconds = 1_714_946_400 }),
      ]
    )
  }
}
