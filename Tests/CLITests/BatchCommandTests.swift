import Foundation
import PatronClient
import Synchronization
import Testing

@testable import patron

struct BatchCommandTests {
  /// A server that looks customers up by external id and rejects those without one.
  private func server(_ known: TextBox = TextBox()) -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.batchUpsertCustomers) { request in
      .with {
        $0.results = request.customers.enumerated().map { index, customer in
          var result = BatchItemResult()
          result.index = Int32(index)
          guard let id = customer.externalID else {
            result.error = Self.refusal
            return result
          }
          let isKnown = known.text.contains("<\(id)>")
          known.append("<\(id)>")
          result.outcome = isKnown ? .unchanged : .created
          return result
        }
      }
    }
    return server
  }

  private static let refusal: GoogleRPC.Status = {
    let bad = GoogleRPC.BadRequest.with {
      $0.fieldViolations = [
        .with {
          $0.field = "customers.external_id"
          $0.description = "is missing"
          $0.reason = "IDENTITY_MISSING"
        }
      ]
    }
    return .with {
      $0.code = 3
      $0.message = "1 field is wrong"
      $0.details = [
        .with {
          $0.typeURL = "type.googleapis.com/google.rpc.BadRequest"
          $0.value = (try? bad.encoded()) ?? []
        }
      ]
    }
  }()

  private func lines(_ range: Range<Int>) -> String {
    range.map { "{\"externalId\": \"\($0)\"}\n" }.joined()
  }

  @Test func sendsInOrderAndSaysHowItEnded() async throws {
    let server = server()
    let input = try TemporaryFile(lines(0..<2500))
    let outcome = try await patron(
      "customers",
      "upsert",
      "--batch",
      input.path,
      "--store",
      "shop",
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      outcome.out.hasPrefix("2,500 customers: 2,500 created, 0 updated, 0 unchanged, 0 rejected")
    )
    #expect(outcome.err.isEmpty)
    let requests = try server.requests(BatchUpsertCustomersRequest.self, "BatchUpsertCustomers")
    #expect(requests.map(\.customers.count) == [1000, 1000, 500])
    #expect(requests.allSatisfy { $0.storeID == "shop" })
    let ids = requests.flatMap(\.customers).compactMap(\.externalID)
    #expect(ids == (0..<2500).map(String.init))
    let again = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "-o",
      "json",
      "--batch-size",
      "7",
      server: server,
      input: lines(0..<20)
    )
    #expect(again.out.hasPrefix("{\n  \"created\": 0,\n  \"updated\": 0,\n  \"unchanged\": 20,"))
  }

  @Test func rejectsDoNotStopTheOthers() async throws {
    let rejects = try TemporaryFile()
    let text = """
      {"externalId": "1"}

      {"externalId": "2", "emial": "x"}
      {"email": "a@example.com"}\r
      {"externalId": "3"
      {"externalId": "4"}
      """
    let outcome = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "--rejects",
      rejects.path,
      "-o",
      "ndjson",
      server: server(),
      input: text
    )
    #expect(outcome.status == 3)
    #expect(
      outcome.out.hasPrefix(#"{"created":2,"updated":0,"unchanged":0,"rejected":3,"milliseconds":"#)
    )
    #expect(outcome.out.contains("\"rejects\":\"\(rejects.path)\""))
    #expect(
      outcome.err == """
        line 3: column 21: unknown field `emial` in patron.v1.CustomerInput; did you mean `email`?
        line 4: customers.external_id: is missing
        line 5: column 19: the text ends inside an object

        """
    )
    #expect(
      rejects.text == """
        {"line":3,"error":{"code":"INVALID_ARGUMENT","message":"column 21: unknown field `emial` in \
        patron.v1.CustomerInput; did you mean `email`?","reason":"JSON_INVALID"},\
        "input":{"externalId": "2", "emial": "x"}}
        {"line":4,"error":{"code":"INVALID_ARGUMENT","message":"1 field is wrong",\
        "reason":"IDENTITY_MISSING","violations":[{"field":"customers.external_id",\
        "description":"is missing","reason":"IDENTITY_MISSING"}]},\
        "input":{"email": "a@example.com"}}
        {"line":5,"error":{"code":"INVALID_ARGUMENT","message":"column 19: the text ends inside an \
        object","reason":"JSON_INVALID"},"input":"{\\"externalId\\": \\"3\\""}

        """
    )
  }

  @Test func staysBelowTheLimitOfARequest() async throws {
    let server = server()
    let tags = String(repeating: "x", count: 90_000)
    let text = (0..<25).map { "{\"externalId\": \"\($0)\", \"tags\": \"\(tags)\"}\n" }.joined()
    let huge = "{\"externalId\": \"h\", \"tags\": \"\(String(repeating: "y", count: 1 << 20))\"}\n"
    let rejects = try TemporaryFile()
    let outcome = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "--rejects",
      rejects.path,
      server: server,
      input: text + huge + lines(100..<101)
    )
    #expect(outcome.status == 3)
    #expect(server.calls.allSatisfy { $0.request.count <= BatchAssembler.maxRequestBytes })
    let requests = try server.requests(BatchUpsertCustomersRequest.self, "BatchUpsertCustomers")
    #expect(
      requests.flatMap(\.customers).compactMap(\.externalID)
        == (0..<25).map(String.init) + ["100"]
    )
    #expect(rejects.lines.count == 1)
    #expect(rejects.text.hasPrefix(#"{"line":26,"error":{"code":"INVALID_ARGUMENT""#))
  }

  private static func tooLarge(_ bytes: Int) throws(RPCError) -> RPCError {
    let info = GoogleRPC.ErrorInfo.with {
      $0.reason = "REQUEST_TOO_LARGE"
      $0.domain = "patron"
    }
    return RPCError(
      code: .resourceExhausted,
      message: "the request takes \(bytes) bytes; the limit is 100",
      details: [
        StatusDetail(
          typeURL: "type.googleapis.com/google.rpc.ErrorInfo",
          value: try FakeServer.encode(info)
        )
      ]
    )
  }

  /// A server with a lower limit gets smaller calls, without a wait, and a record that is too large
  /// by itself is rejected like a wrong one.
  @Test func sendsLessAtATimeIfTheServerTakesLess() async throws {
    let server = FakeServer()
    server.handle("BatchUpsertCustomers") { bytes, _ throws(RPCError) in
      if bytes.count > 100 { throw try Self.tooLarge(bytes.count) }
      let request: BatchUpsertCustomersRequest = try FakeServer.decode(bytes)
      let response = BatchUpsertCustomersResponse.with {
        $0.results = request.customers.map { _ in .with { $0.outcome = .created } }
      }
      return [try FakeServer.encode(response)]
    }
    let rejects = try TemporaryFile()
    let long = "{\"externalId\": \"\(String(repeating: "x", count: 100))\"}\n"
    let outcome = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "--rejects",
      rejects.path,
      server: server,
      input: lines(1000..<1040) + long + lines(1040..<1060)
    )
    #expect(outcome.status == 3, "\(outcome.err)")
    #expect(outcome.out.hasPrefix("61 customers: 60 created, 0 updated, 0 unchanged, 1 rejected"))
    let requests = try server.requests(BatchUpsertCustomersRequest.self, "BatchUpsertCustomers")
    let taken = try requests.filter { try $0.encoded().count <= 100 }
    let ids = taken.flatMap(\.customers).compactMap(\.externalID)
    #expect(ids == (1000..<1060).map(String.init), "in order, each once")
    #expect(rejects.lines.count == 1)
    #expect(rejects.text.hasPrefix(#"{"line":41,"error":{"code":"RESOURCE_EXHAUSTED""#))
    #expect(rejects.text.contains(#""reason":"REQUEST_TOO_LARGE""#))
  }

  @Test func doesNotRepeatWhatNoWaitCures() async throws {
    let server = FakeServer()
    server.on(CustomerService.batchUpsertCustomers) { _ throws(RPCError) in
      throw RPCError(code: .resourceExhausted, message: "the answer takes 9 bytes")
    }
    let outcome = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      server: server,
      input: lines(0..<1)
    )
    #expect(outcome.status == 72)
    #expect(outcome.err == "error: the answer takes 9 bytes (RESOURCE_EXHAUSTED)\n")
    #expect(server.calls.filter { $0.method == "BatchUpsertCustomers" }.count == 1)
  }

  @Test func repeatsWhatALostConnectionStopped() async throws {
    let attempts = Mutex(0)
    let server = FakeServer()
    server.handle("BatchSyncOrders") { bytes, _ throws(RPCError) in
      let number = attempts.withLock { count in
        count += 1
        return count
      }
      if number == 2 || number == 3 { throw RPCError(code: .unavailable, message: "lost") }
      let request: BatchSyncOrdersRequest = try FakeServer.decode(bytes)
      let response = BatchSyncOrdersResponse.with {
        $0.results = request.items.map { _ in .with { $0.outcome = .created } }
      }
      return [try FakeServer.encode(response)]
    }
    let item =
      #"{"customer": {"externalId": "1"}, "order": {"externalId": "o", "placedAt": "1998-05-28"}}"#
    let outcome = try await patron(
      "timeline",
      "order",
      "--batch",
      "-",
      "--batch-size",
      "1",
      server: server,
      input: "\(item)\n\(item)\n"
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.out.hasPrefix("2 orders: 2 created"))
    #expect(attempts.withLock { $0 } == 4)
  }

  @Test func saysHowFarItCame() async throws {
    let attempts = Mutex(0)
    let server = server()
    let first = try CustomerInput(json: #"{"externalId": "1"}"#)
    server.on(CustomerService.batchUpsertCustomers) { request throws(RPCError) in
      attempts.withLock { $0 += 1 }
      if request.customers != [first] { throw RPCError(code: .internal, message: "disk") }
      return .with { $0.results = [.with { $0.outcome = .created }] }
    }
    let outcome = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "--batch-size",
      "1",
      server: server,
      input: lines(1..<5)
    )
    #expect(outcome.status == 77)
    #expect(outcome.out.hasPrefix("1 customer: 1 created, 0 updated, 0 unchanged, 0 rejected"))
    #expect(
      outcome.err == """
        error: disk; stopped at lines 2 to 2, after answers to 1 record. Run the same command \
        again; lines that were applied stay unchanged (INTERNAL)

        """
    )
    #expect(attempts.withLock { $0 } == 2)
  }

  @Test func opensTheRejectsBeforeAnythingIsSent() async throws {
    let server = server()
    let outcome = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "--rejects",
      "/nowhere/rejects.ndjson",
      server: server,
      input: lines(0..<1)
    )
    #expect(outcome.status == 1)
    #expect(outcome.err.hasPrefix("error: cannot write the rejects to /nowhere/rejects.ndjson: "))
    #expect(server.calls.isEmpty)
  }

  @Test func aCleanRunLeavesNoRejectsOfAnother() async throws {
    let rejects = try TemporaryFile("{\"line\":1}\n")
    let arguments = ["customers", "upsert", "--batch", "-", "--rejects", rejects.path]
    let failing = FakeServer()
    let failed = try await patron(arguments, server: failing, input: lines(0..<1))
    #expect(failed.status == 76)
    #expect(rejects.lines == ["{\"line\":1}"])
    let clean = try await patron(arguments, server: server(), input: lines(0..<1))
    #expect(clean.status == 0, "\(clean.err)")
    #expect(!FileManager.default.fileExists(atPath: rejects.path))
    _ = try await patron(arguments, server: failing, input: lines(0..<1))
    #expect(!FileManager.default.fileExists(atPath: rejects.path))
  }

  @Test(arguments: [
    ["customers", "upsert"], ["timeline", "record"], ["timeline", "order"],
  ])
  func theInputIsNeverTheFileOfRejects(_ command: [String]) async throws {
    let server = server()
    let file = try TemporaryFile("{}\n")
    let outcome = try await patron(
      command + ["--batch", file.path, "--rejects", file.path],
      server: server
    )
    #expect(outcome.status == 2 && outcome.out.isEmpty, "\(outcome.err)")
    #expect(outcome.err.contains("\(file.path), which is the input itself; name another file"))
    #expect(file.text == "{}\n" && server.calls.isEmpty)
  }

  private static let unreachable = RPCError(code: .unavailable, message: "cannot connect")

  @Test func doesNotWaitForAServerThatNeverAnswered() async throws {
    let server = FakeServer()
    server.handle("Check") { _, _ throws(RPCError) in throw Self.unreachable }
    let outcome = try await patron(
      "timeline",
      "record",
      "--batch",
      "-",
      server: server,
      input: #"{"customer": {}, "event": {"type": "x"}}"#
    )
    #expect(outcome.status == 78)
    #expect(server.calls.map(\.method) == ["Check"])
    #expect(outcome.err.hasPrefix("error: cannot connect (UNAVAILABLE)\nhint: "))
  }

  @Test func waitsForAServerThatEndsDuringTheFirstBatch() async throws {
    let server = FakeServer()
    let attempts = Mutex(0)
    server.handle("BatchRecordEvents") { _, _ throws(RPCError) in
      let number = attempts.withLock { attempts in
        attempts += 1
        return attempts
      }
      guard number > 1 else { throw Self.unreachable }
      return [
        try FakeServer.encode(BatchRecordEventsResponse.with { $0.results = [.with { _ in }] })
      ]
    }
    let outcome = try await patron(
      "timeline",
      "record",
      "--batch",
      "-",
      server: server,
      input: #"{"customer": {}, "event": {"type": "x"}}"#
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    let requests: [BatchRecordEventsRequest] = try server.requests(
      BatchRecordEventsRequest.self,
      "BatchRecordEvents"
    )
    #expect(requests.count == 2 && requests[0].requestID == requests[1].requestID)
    #expect(requests[0].requestID.count == 32)
    #expect(server.calls.last?.options.hasRequestID == true)
  }

  @Test func drawsProgress() {
    let environment = CLIEnvironment(
      variables: [:],
      out: { _ in },
      err: { _ in },
      input: -1,
      outputIsTerminal: true,
      errorIsTerminal: true,
      columns: 80,
      connect: { _, _ in throw LocalError("unused") }
    )
    let bar = ProgressBar(label: "orders", total: 1000, environment: environment)
    #expect(
      bar.line(bytes: 410, records: 28_000, elapsed: .seconds(5))
        == "orders  ████████████░░░░░░░░░░░░░░░░░░  41%  28,000  5,600/s  0:08 left"
    )
    let unknown = ProgressBar(label: "orders", total: nil, environment: environment)
    #expect(
      unknown.line(bytes: 410, records: 28_000, elapsed: .seconds(5)) == "orders  28,000  5,600/s"
    )
  }

  @Test func theBarIsForTerminals() async throws {
    let terminal = try await patron(
      "customers",
      "upsert",
      "--batch",
      "-",
      "--batch-size",
      "1",
      server: server(),
      input: lines(0..<3),
      terminal: true
    )
    #expect(terminal.err.contains("\r\u{1B}[Kcustomers"))
    #expect(terminal.err.hasSuffix("\r\u{1B}[K"))
  }
}
