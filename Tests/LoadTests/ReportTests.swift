import PatronProto
import TTRPC
import Testing

@testable import patron_load

@Suite("Measurements and reports")
struct ReportTests {
  /// A result with 1,000 answers of 1 to 1,000 ms and five failures in 1.5 seconds.
  static func result(rate: Double? = nil) throws -> LoadResult {
    var settings = LoadSettings(
      target: .host("127.0.0.1", port: 7420),
      method: CustomerService.getCustomer.method,
      callers: 16,
      connections: 4
    )
    settings.duration = .seconds(1)
    settings.rate = rate.flatMap { RatePlan(perSecond: $0) }
    settings.countsDistinct = true
    let template = try RequestTemplate(
      json: #"{"customer":{"externalId":"{{random 1 1000}}"}}"#,
      message: GetCustomerRequest.descriptor,
      store: nil,
      seed: 1
    )
    var statistics = LoopStatistics(settings, template)
    let slot = CallSlot(
      worker: 1,
      connection: LoadConnection(eventLoop: UnusedLoop.loop, settings: settings)
    )
    slot.isMeasured = true
    slot.planned = 1_000_000_000
    slot.sent = 1_000_500_000
    for millis in 1...1000 as ClosedRange<UInt64> {
      statistics.sent(20, slot)
      statistics.succeeded(100, slot, slot.planned + millis * 1_000_000)
      statistics.distinct?.insert(Int64(millis / 2 + 1))
    }
    for index in 0..<5 {
      let code: StatusCode = index < 4 ? .notFound : .unavailable
      statistics.failed(RPCError(code: code, message: "m\(code)"), slot, 2_500_000_000)
    }
    slot.isMeasured = false
    statistics.succeeded(100, slot, slot.planned + 1)
    if rate != nil {
      statistics.dropped = 2
      slot.isMeasured = true
      statistics.left(3_000_000, slot)
      statistics.left(10, slot)
    }
    return LoadResult(
      settings: settings,
      statistics: statistics,
      start: 1_000_000_000,
      cpu: CPUTime(user: 100_000_000, system: 50_000_000),
      endReason: .duration,
      date: "2026-01-31T12:00:00Z"
    )
  }

  static let request = RequestDescription(json: "{\"a\":\"\n\"}", store: "s", seed: 42)

  @Test("Percentiles count successes only and are exact to three digits")
  func percentiles() throws {
    let result = try Self.result()
    let response = result.statistics.response
    #expect(response.count == 1000)
    #expect(response.least == 1_000_000)
    #expect(response.most == 1_000_000_000)
    #expect(abs(response.mean - 500_500_000) < 1)
    for percentile in LoadResult.percentiles {
      let exact = percentile * 10_000_000
      #expect(abs(Double(response.percentile(percentile)) - exact) <= exact / 999 + 1)
    }
    #expect(result.succeeded == 1000)
    #expect(result.failed == 5)
    #expect(result.elapsed == 1_500_000_000)
    #expect(abs(result.rate - 666.67) < 0.01)
    #expect(!result.isAllOK)
    #expect(!result.isSaturated)
    #expect(abs(result.cpuShare - 0.1) < 1e-9)
    #expect(result.codes.map(\.code) == [.ok, .notFound, .unavailable])
  }

  @Test("Statistics of loops are added up")
  func addition() throws {
    var sum = try Self.result().statistics
    sum.add(try Self.result().statistics)
    #expect(sum.answers == 2010)
    #expect(sum.response.percentile(50) == (try Self.result().statistics.response.percentile(50)))
    #expect(sum.failures == [.notFound: 8, .unavailable: 2])
    #expect(sum.bytesSent == 40_000)
    #expect(sum.bytesReceived == 200_000)
    #expect(sum.distinct?.count == 501)
    #expect(sum.warmupAnswers == 2)
  }

  @Test("The text report has every part")
  func text() throws {
    let text = TextReport(result: try Self.result(), request: Self.request).text
    for part in [
      "patron.v1.CustomerService/GetCustomer at 127.0.0.1:7420",
      "closed loop, 16 callers, 4 connections, 1 thread", "seed 42", "666.7 OK answers/s",
      "1,005 in 1.50 s (1 before them", "501 values", "20.0 kB of payload sent, 100.0 kB received",
      "10 % of one processor", "p99.9", "NOT_FOUND", "NOT_FOUND: mNOT_FOUND",
    ] {
      #expect(text.contains(part), "\(part) is missing in:\n\(text)")
    }
    #expect(!text.contains("Response"))
    let open = TextReport(result: try Self.result(rate: 700), request: Self.request).text
    for part in [
      "open loop, 700 requests/s planned", "Response", "Service", "2 never sent",
      "1 sent 1.00 ms or more after their time, at most 3.00 ms", "were dropped because 16",
    ] {
      #expect(open.contains(part), "\(part) is missing in:\n\(open)")
    }
  }

  @Test("The JSON report can be parsed and has ghz's keys")
  func json() throws {
    let text = JSONReport(result: try Self.result(), request: Self.request).text
    for part in [
      "\"count\": 1005", "\"okCount\": 1000", "\"total\": 1500000000", "\"fastest\": 1000000",
      "\"slowest\": 1000000000", "\"average\": 500500000", "\"endReason\": \"timeout\"",
      "\"NOT_FOUND\": 4", "\"OK\": 1000", "\"percentage\": 99.9", "\"seed\": 42",
      "\"distinct\": 501", "\"data\": \"{\\\"a\\\":\\\"\\n\\\"}\"", "\"percent\": 10.0",
    ] {
      #expect(text.contains(part), "\(part) is missing in:\n\(text)")
    }
  }

  @Test("The percentile table ends with the largest value")
  func table() throws {
    let table = try Self.result().statistics.response.table
    #expect(table.contains("1/(1-Percentile)"))
    #expect(table.contains("1.000000000000       1000"))
  }

  @Test("The number of distinct messages is limited")
  func manyMessages() throws {
    var statistics = try Self.result().statistics
    let settings = try Self.result().settings
    let slot = CallSlot(
      worker: 1,
      connection: LoadConnection(eventLoop: UnusedLoop.loop, settings: settings)
    )
    slot.isMeasured = true
    for index in 0..<1000 {
      statistics.failed(RPCError(code: .internal, message: "\(index)"), slot, 1)
    }
    #expect(statistics.messages.count == LoopStatistics.maxMessages + 1)
    #expect(statistics.messages.values.reduce(0, +) == 1005)
  }

  @Test("Failures are counted by code and reason, with one message and a hint")
  func reasons() throws {
    var result = try Self.result()
    let settings = result.settings
    let slot = CallSlot(
      worker: 1,
      connection: LoadConnection(eventLoop: UnusedLoop.loop, settings: settings)
    )
    slot.isMeasured = true
    var statistics = result.statistics
    for index in 1...3 {
      let full = RPCError(code: .resourceExhausted, message: "call again in \(index) ms")
      statistics.failed(full.giving(reason: "CALL_RATE"), slot, 1)
    }
    let denied = RPCError(code: .permissionDenied, message: "no").giving(reason: "SCOPE_MISSING")
    statistics.failed(denied, slot, 1)
    let same = statistics
    statistics.add(same)
    #expect(statistics.messages["RESOURCE_EXHAUSTED CALL_RATE"] == 6)
    result = LoadResult(
      settings: settings,
      statistics: statistics,
      start: 1_000_000_000,
      cpu: .zero,
      endReason: .duration,
      date: result.date
    )
    let text = TextReport(result: result, request: Self.request).text
    for part in [
      "6  RESOURCE_EXHAUSTED CALL_RATE: call again in 1 ms",
      "2  PERMISSION_DENIED SCOPE_MISSING: no",
      "hint: `patrond keys create` makes a key with that scope",
    ] {
      #expect(text.contains(part), "\(part) is missing in:\n\(text)")
    }
  }

  @Test(
    "Times have three digits",
    arguments: [
      (0, "0 ns"), (999, "999 ns"), (1000, "1.00 µs"), (18_345, "18.3 µs"), (999_400, "999 µs"),
      (999_600, "1.00 ms"), (1_240_000, "1.24 ms"), (2.5e9, "2.50 s"), (1.2e11, "120 s"),
    ] as [(Double, String)]
  )
  func times(_ nanoseconds: Double, _ expected: String) {
    #expect(NumberText.time(nanoseconds) == expected)
  }

  @Test("Distinct values are counted within their range")
  func distinct() throws {
    var values = try #require(DistinctValues(-5...70))
    for value in [-5, -5, 0, 70] as [Int64] { values.insert(value) }
    #expect(values.count == 3)
    #expect(DistinctValues(0...Int64(DistinctValues.maxValues)) == nil)
    #expect(DistinctValues(.min ... .max) == nil)
  }
}
