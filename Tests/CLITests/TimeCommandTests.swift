import PatronClient
import Testing

import struct PatronModel.ISO8601Time

@testable import patron

/// Times on the command line: which instant is meant, and in which zone.
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
        command + ["--external-id", "1", "--channel", "email"], server: server)
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
      try await asked("2024-05-06 10:00:00", "--timezone", "UTC") == (0, "2024-05-06T10:00:00Z"))
    #expect(
      try await asked("2024-05-06", "--timezone", "America/New_York")
        == (0, "2024-05-07T03:59:59.999999Z"))
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

  @Test func jsonOfCallsFollowsTheSameRule() async throws {
    let server = Self.server(zone: "Europe/Berlin")
    let unsubscribe = """
      {"customer": {"externalId": "1"}, "channels": ["CHANNEL_SMS"],
       "evidence": {"occurredAt": "2024-05-06"}}
      """
    #expect(
      try await patron("call", "UnsubscribeCustomer", unsubscribe, server: server).status == 0)
    let first = try server.requests(UnsubscribeCustomerRequest.self, "UnsubscribeCustomer").first
    #expect(try Self.text(first?.evidence?.occurredAt) == "2024-05-06T21:59:59.999999Z")
    #expect(first?.customer == .externalID("1"))
    let suppress = """
      {"customer": {"externalId": "1"}, "channels": ["CHANNEL_SMS"], "suppressedAt": "2024-05-06"}
      """
    let outcome = try await patron(
      "call", "SuppressCustomer", suppress, "--timezone", "UTC", server: server)
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
        + line("email_unsubscribed", "2024-05-06"))
    for size in ["1", "1000"] {
      let outcome = try await patron(
        "timeline", "record", "--batch", file.path, "--batch-size", size, server: server)
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

      """)
    for size in ["1", "1000"] {
      let outcome = try await patron(
        "customers", "import", file.path, "--batch-size", size, server: server)
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
      try Self.text(items[2].suppressions.first?.suppressedAt) == "2024-05-06T14:00:59.999999Z")
    // An opt-out of the day of an agreement was before it.
    let back = try #require(items[3].subscriptions.first)
    #expect(back.unsubscribedAt == back.changedAt)
    #expect(server.calls.count { $0.method == "GetStoreSettings" } == 2, "once a run")
    let named = try await patron(
      "customers", "import", file.path, "--timezone", "UTC", server: server)
    #expect(named.status == 0)
    #expect(server.calls.count { $0.method == "GetStoreSettings" } == 2)
    let last = try server.requests(ImportCustomersRequest.self, "ImportCustomers").last
    #expect(
      try Self.text(last?.items[2].subscriptions.first?.changedAt) == "2024-05-06T23:59:59.999999Z")
  }

  @Test func otherTimesTakeTheBeginning() async throws {
    let server = Self.server(zone: "Europe/Berlin")
    let refund = try await patron(
      "timeline", "refund", "--order-id", "1", "--refund-id", "r", "--amount", "1", "--currency",
      "EUR", "--at", "2024-05-06", server: server)
    #expect(refund.status == 0, "\(refund.err)")
    let refunded = try server.requests(SyncRefundRequest.self, "SyncRefund").first?.refund
    #expect(try Self.text(refunded?.refundedAt) == "2024-05-05T22:00:00Z")
    let show = try await patron(
      "timeline", "show", "--id", "1", "--since", "2024-05-06", "--until", "2024-05-07",
      "--timezone", "UTC", server: server)
    #expect(show.status == 0, "\(show.err)")
    let filter = try server.requests(GetTimelineRequest.self, "GetTimeline").first?.filter
    #expect(try Self.text(filter?.occurredFrom) == "2024-05-06T00:00:00Z")
    #expect(try Self.text(filter?.occurredBefore) == "2024-05-07T00:00:00Z")
    let upsert = try await patron(
      "customers", "upsert", "--external-id", "1", "--account-created-at", "2024-05-06",
      "--property", "seen:timestamp=2024-05-06 10:00", "--data",
      #"{"customProperties": {"met": {"timestampValue": "2024-05-06"}}}"#, server: server)
    #expect(upsert.status == 0, "\(upsert.err)")
    let customer = try server.requests(UpsertCustomerRequest.self, "UpsertCustomer").last?.customer
    #expect(try Self.text(customer?.accountCreatedAt) == "2024-05-05T22:00:00Z")
    #expect(
      customer?.customProperties.mapValues(\.kind) == [
        "seen": .timestampValue(.with { $0.seconds = 1_714_982_400 }),
        "met": .timestampValue(.with { $0.seconds = 1_714_946_400 }),
      ])
  }
}
