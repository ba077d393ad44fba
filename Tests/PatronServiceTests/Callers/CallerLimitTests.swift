import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// The limits of keys and stores in the gate.
@Suite(.timeLimit(.minutes(15)))
struct CallerLimitTests {
  private static let get = CustomerService.getCustomer.method
  private static let notFound = "CUSTOMER_NOT_FOUND"

  private static func request(in store: String = "") throws -> [UInt8] {
    try GetCustomerRequest.with {
      $0.storeID = store
      $0.customer = .with { $0.ref = .id(7) }
    }.encoded()
  }

  private static func limits(_ set: (inout CallerLimits) -> Void) -> CallerLimits {
    var limits = CallerLimits()
    set(&limits)
    return limits
  }

  private static func expectRefusal(
    _ error: RPCError?,
    _ reason: String,
    of subject: String,
    _ limit: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(error?.code == .resourceExhausted, sourceLocation: sourceLocation)
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
    #expect(
      error?.metadata == ["limit": "\(limit)", "of": subject],
      sourceLocation: sourceLocation
    )
    #expect((error?.retryDelay ?? .zero) > .zero, sourceLocation: sourceLocation)
    // The flag, the setting of the one key or store, and the wait.
    let command = subject == "key" ? "patrond keys create" : "patron settings set"
    let setting = "`\(command) --limits "
    for part in ["--max-\(subject)-", setting, " ms, or ask the operator"] {
      let says = error?.message.contains(part) == true
      #expect(says, "\(String(describing: error))", sourceLocation: sourceLocation)
    }
  }

  /// Calls until a limit refuses it. Several times, because a token may come in between.
  private static func refusal(_ call: () throws -> RPCError?) rethrows -> RPCError? {
    for _ in 0..<100 {
      if let error = try call(), error.code == .resourceExhausted { return error }
    }
    return nil
  }

  @Test func aKeyHasItsRateOnAllConnections() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one")
      let other = try await shop.key(of: "one")
      let bench = try GateBench(shop, .off, ofKeys: Self.limits { $0.callsPerSecond = 1 })
      #expect(try bench.call(Self.get, Self.request(), key.metadata)?.reason == Self.notFound)
      let error = try Self.refusal { try bench.call(Self.get, Self.request(), key.metadata) }
      Self.expectRefusal(error, "CALL_RATE", of: "key", 1)
      let id = key.key.id
      #expect(error?.message.contains("The limit of the key \(id) is 1 calls in a second") == true)
      bench.overruns.write(at: 0)
      #expect(
        bench.log.messages.last?.hasSuffix(
          " at CALL_RATE of key \(id): 1 calls in a second, from --max-key-call-rate or its own limits"
        ) == true,
        "\(bench.log.messages)"
      )
      #expect(try bench.call(Self.get, Self.request(), other.metadata)?.reason == Self.notFound)
      #expect(try bench.call(Self.get, Self.request())?.reason == Self.notFound)
      #expect(try bench.call(Self.get, Self.request())?.reason == Self.notFound)
    }
  }

  @Test func aStoreHasItsRateForAllCallers() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one")
      let bench = try GateBench(shop, .off, ofStores: Self.limits { $0.callsPerSecond = 1 })
      #expect(try bench.call(Self.get, Self.request(), key.metadata)?.reason == Self.notFound)
      let error = try Self.refusal { try bench.call(Self.get, Self.request(in: "one")) }
      Self.expectRefusal(error, "CALL_RATE", of: "store", 1)
      bench.overruns.write(at: 0)
      #expect(
        bench.log.messages.last?.hasSuffix(
          " of store one: 1 calls in a second, from --max-store-call-rate or its settings"
        ) == true,
        "\(bench.log.messages)"
      )
      #expect(try bench.call(Self.get, Self.request(in: "two"))?.reason == Self.notFound)
    }
  }

  @Test func theSettingsOfAStoreWin() async throws {
    try await Shop.open { shop in
      _ = try await shop.customers.updateStoreSettings(
        .with {
          $0.storeID = "one"
          $0.settings = .with { $0.limits = .with { $0.callsPerSecond = 2 } }
        }
      )
      let bench = try GateBench(shop, .off, ofStores: Self.limits { $0.callsPerSecond = 1 })
      for _ in 0..<2 {
        #expect(try bench.call(Self.get, Self.request(in: "one"))?.reason == Self.notFound)
      }
      let error = try Self.refusal { try bench.call(Self.get, Self.request(in: "one")) }
      Self.expectRefusal(error, "CALL_RATE", of: "store", 2)
    }
  }

  @Test func writesAndBytesHaveRates() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one")
      let upsert = CustomerService.upsertCustomer.method
      let writes = try GateBench(shop, .off, ofKeys: Self.limits { $0.writesPerSecond = 1 })
      let batch = try BatchUpsertCustomersRequest.with {
        $0.customers = (0..<10).map { number in .with { $0.externalID = "\(number)" } }
      }.encoded()
      let batched = try writes.call(
        CustomerService.batchUpsertCustomers.method,
        batch,
        key.metadata
      )
      #expect(batched == nil, "a batch may take more than is left")
      // Ten seconds are owed.
      let error = try Self.refusal { try writes.call(upsert, [], key.metadata) }
      Self.expectRefusal(error, "WRITE_RATE", of: "key", 1)
      #expect(try writes.call(Self.get, Self.request(), key.metadata)?.reason == Self.notFound)
      let bytes = try GateBench(shop, .off, ofKeys: Self.limits { $0.bytesPerSecond = 1 })
      #expect(try bytes.call(Self.get, Self.request(), key.metadata)?.reason == Self.notFound)
      let full = try Self.refusal { try bytes.call(Self.get, Self.request(), key.metadata) }
      Self.expectRefusal(full, "BYTE_RATE", of: "key", 1)
    }
  }

  /// A call that ends at once gives its place back by itself; one that stays open keeps it.
  @Test func callsAndScansAtOnce() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one")
      let limits = Self.limits {
        $0.callsAtOnce = 2
        $0.scansAtOnce = 1
      }
      let bench = try GateBench(shop, .off, ofKeys: limits)
      // Nothing ends the calls of a bench, so every call that is let in keeps its places.
      let export = CustomerService.exportCustomers.method
      #expect(try bench.call(export, [], key.metadata) == nil)
      let second = try bench.call(export, [], key.metadata)
      Self.expectRefusal(second, "SCANS_AT_ONCE", of: "key", 1)
      #expect(try bench.call(Self.get, Self.request(), key.metadata)?.reason == Self.notFound)
      let third = try bench.call(Self.get, Self.request(), key.metadata)
      Self.expectRefusal(third, "CALLS_AT_ONCE", of: "key", 2)
    }
  }

  @Test func aKeyOfAStoreGivesNoMoreThanTheServerDoes() async throws {
    try await Shop.open { shop in
      let admin = try await shop.key(of: "one")
      let operators = try await shop.key(of: nil)
      let bench = try GateBench(
        shop,
        .off,
        ofKeys: Self.limits { $0.scansAtOnce = 5 },
        ofStores: Self.limits { $0.bytesPerSecond = 1 << 20 }
      )
      func create(_ scans: Int32, _ bytes: Int64, _ key: TestKey) throws -> StatusCode? {
        let request = try CreateKeyRequest.with {
          $0.scopes = ["watch"]
          $0.limits = .with {
            $0.concurrentScans = scans
            $0.bytesPerSecond = bytes
          }
        }.encoded()
        return try bench.call(AdminService.createKey.method, request, key.metadata)?.code
      }
      #expect(try create(5, 1 << 20, admin) == nil)
      #expect(try create(6, 0, admin) == .invalidArgument)
      #expect(try create(0, (1 << 20) + 1, admin) == .invalidArgument)
      #expect(try create(6, 1 << 30, operators) == nil)
    }
  }

  private static func overrun(_ number: UInt64) -> LimitOverrun {
    LimitOverrun(
      subject: .key(KeyID(value: .init(number))),
      name: .byteRate,
      limit: 5,
      wait: .milliseconds(1)
    )
  }

  @Test func refusalsAreLoggedOnceAMinute() {
    let collector = LogCollector()
    let refusals = LimitRefusals(log: collector.log)
    func refuse(_ count: Int, at time: Int64, isLast: Bool = false) {
      for _ in 0..<count { refusals.note(Self.overrun(7), by: nil) }
      refusals.write(at: time, isLast: isLast)
    }
    let minute = LimitRefusals.interval
    refuse(1, at: 0)
    for second: Int64 in 1..<60 { refuse(2, at: second * 1_000_000) }
    refuse(0, at: minute)
    refuse(3, at: minute + 1, isLast: true)
    let end =
      " at BYTE_RATE of key \(KeyID(value: 7)): 5 bytes of requests and answers in a second, from "
      + "--max-key-byte-rate or its own limits"
    #expect(
      collector.messages
        == ["refused 1 call\(end)", "refused 118 calls\(end)", "refused 3 calls\(end)"]
    )
  }

  @Test func refusalsOfManyKeysAreBounded() {
    let collector = LogCollector()
    let refusals = LimitRefusals(log: collector.log)
    for number in 0..<UInt64(2 * LimitRefusals.maxEntries) {
      refusals.note(Self.overrun(number), by: nil)
    }
    refusals.write(at: 0)
    #expect(collector.messages.count == LimitRefusals.maxLines)
    for second: Int64 in 1..<70 { refusals.write(at: second) }
    #expect(collector.messages.count == LimitRefusals.maxEntries + 1)
    let others = "refused \(LimitRefusals.maxEntries) calls at BYTE_RATE of other keys and stores"
    #expect(collector.messages.contains(others))
  }

  @Test func lowerLimitsAreThoseThatBind() {
    let one = Self.limits {
      $0.callsPerSecond = 1
      $0.writesPerSecond = 2
      $0.callsAtOnce = 4
    }
    let other = Self.limits {
      $0.callsPerSecond = 10
      $0.writesPerSecond = 1
      $0.bytesPerSecond = 3
    }
    let lower = Self.limits {
      $0.callsPerSecond = 1
      $0.writesPerSecond = 1
      $0.bytesPerSecond = 3
      $0.callsAtOnce = 4
    }
    #expect(one.lowered(to: other) == lower)
    #expect(other.lowered(to: one) == lower)
  }

  @Test func limitsOfAStoreFillTheServersDefaults() {
    let own = CallerLimits(
      .with {
        $0.callsPerSecond = 1
        $0.bytesPerSecond = 3
        $0.concurrentScans = 5
      }
    )
    let defaults = Self.limits {
      $0.callsPerSecond = 10
      $0.writesPerSecond = 20
      $0.callsAtOnce = 40
    }
    let filled = own.filled(from: defaults)
    #expect(filled.callsPerSecond == 1)
    #expect(filled.writesPerSecond == 20)
    #expect(filled.bytesPerSecond == 3)
    #expect(filled.callsAtOnce == 40)
    #expect(filled.scansAtOnce == 5)
    #expect(CallerLimits(nil).isEmpty)
  }
}
