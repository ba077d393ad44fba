import PatronClient
import Synchronization
import TestKit
import Testing

extension EndToEnd {
  /// A client that stops reading must not fill the disk.
  @Suite struct StalledScanTests {
    static let customers = 20_000
    /// Number of customers whose export is several times the capacity of sockets and queues.
    static let fewer = 8000
    static let markMiB = 4

    @Test(
      "a stalled export ends, the WAL stays under its mark, writes continue",
      .timeLimit(.minutes(15))
    )
    func stalledExport() async throws {
      let shop = try await GeneratedShop(Self.customers)
      let server = try await shop.start(flags: ["--max-log-mib", "\(Self.markMiB)"])
      let writers = try ShopWriters(server, log: shop.log)

      let stalled = try RawConnection(server.address)
      try await stalled.send(shop.export(stream: 1))
      #expect(try await stalled.receive()?.header.type == .data)
      try await writers.write(3000)
      print("stalled scan: \(writers.written) writes, log at most \(writers.maxLogBytes) bytes")
      #expect(writers.maxLogBytes > 1 << 20, "too little was written to fill the log")
      #expect(writers.maxLogBytes <= Self.markMiB << 20)

      let (rows, end) = try await shop.drain(stalled)
      #expect(
        end?.code == .aborted && end?.reason == "SNAPSHOT_TOO_OLD",
        "\(String(describing: end))"
      )
      #expect(rows < Self.customers)
      try await writers.write(8)
      await writers.client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("a stalled export times out even without writes")
    func stallTime() async throws {
      let shop = try await GeneratedShop(Self.fewer)
      let server = try await shop.start(
        flags: ["--max-scan-stall-seconds", "1", "--max-scans-per-store", "1"]
      )
      let stalled = try RawConnection(server.address)
      try await stalled.send(shop.export(stream: 1))
      #expect(try await stalled.receive()?.header.type == .data)
      // Another export of the store begins once the stalled one has ended.
      let next = try RawConnection(server.address)
      try await next.send(shop.export(stream: 1))
      #expect(try await next.receive(within: .seconds(60))?.header.type == .data)
      let (rows, end) = try await shop.drain(stalled)
      #expect(
        end?.code == .aborted && end?.reason == "SNAPSHOT_TOO_OLD",
        "\(String(describing: end))"
      )
      #expect(rows < Self.fewer)
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("exports that nobody reads do not delay another store's, and complete when read")
    func parkedExports() async throws {
      let shop = try await GeneratedShop(Self.fewer)
      let server = try await shop.start(
        flags: ["--scan-threads", "2", "--max-scan-stall-seconds", "600"]
      )
      var stalled: [RawConnection] = []
      for _ in 0..<3 {
        let connection = try RawConnection(server.address)
        try await connection.send(shop.export(stream: 1))
        #expect(try await connection.receive(within: .seconds(60))?.header.type == .data)
        stalled.append(connection)
      }
      let other = try RawConnection(server.address)
      try await other.send(shop.export(stream: 1, of: "empty"))
      let (none, end) = try await shop.drain(other)
      #expect(none == 0 && end == nil)
      for connection in stalled {
        let (rows, end) = try await shop.drain(connection)
        #expect(rows == Self.fewer && end == nil, "\(String(describing: end))")
      }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("a completed export has every row of one snapshot", .timeLimit(.minutes(15)))
    func readExport() async throws {
      let shop = try await GeneratedShop(Self.fewer)
      let server = try await shop.start()
      let writers = try ShopWriters(server, log: shop.log)
      let export = try await writers.client.customers.exportCustomers(.with { $0.format = .ndjson })
      var rows: Int64 = 0
      var externalIDs: Set<String> = []
      for try await part in export {
        rows = part.rows
        // The snapshot is older than these writes.
        if writers.written < 40 { try await writers.write(8) }
        for line in part.data.split(separator: UInt8(ascii: "\n")) {
          let customer = try Customer(json: Array(line), options: JSONReadOptions())
          externalIDs.insert(customer.externalID ?? "")
        }
      }
      #expect(rows == Self.fewer)
      #expect(externalIDs.count == Self.fewer)
      #expect(externalIDs.contains("g0000001") && externalIDs.contains("g000\(Self.fewer)"))
      #expect(!externalIDs.contains { $0.hasPrefix("shop-") })
      await writers.client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }
  }
}

/// A data directory with generated customers.
private struct GeneratedShop {
  let folder: TemporaryDirectory
  var data: String { folder.file("data") }
  var log: String { data + "/patron.db-wal" }

  init(_ customers: Int) async throws {
    folder = TemporaryDirectory()
    let made = try await Programs.patrond([
      "generate", "--data", folder.file("data"), "--customers", "\(customers)",
    ])
    guard made.exit == .status(0) else { throw HarnessError(made.errors) }
  }

  /// Starts a server on a Unix socket, whose buffers are small.
  func start(flags: [String] = []) async throws -> PatronServer {
    try await PatronServer.start(data: data, listen: "unix:" + folder.file("socket"), flags: flags)
  }

  /// Returns the request that exports all customers of a store as NDJSON.
  func export(stream: UInt32, of store: String = "default") -> [UInt8] {
    RawFrames.request(
      stream,
      "ExportCustomers",
      WireBytes().field(1, store).field(3, number: 2).bytes,
      flags: 1
    )
  }

  /// Reads the rest of an export, and returns the number of its rows and its error.
  func drain(_ connection: RawConnection) async throws -> (rows: Int, end: RPCError?) {
    var rows = 0
    while let frame = try await connection.receive() {
      if let status = frame.status { return (rows, status) }
      guard !frame.body.isEmpty else { return (rows, nil) }
      rows = Int(try ExportCustomersResponse(decoding: frame.body).rows)
    }
    throw HarnessError("the connection ended before the export did")
  }
}

/// Writers that create eight customers at a time and track the size of the WAL.
private final class ShopWriters: Sendable {
  let client: PatronClient
  private let log: String
  private let next = Atomic<Int>(0)
  private let greatest = Atomic<Int>(0)

  init(_ server: PatronServer, log: String) throws {
    client = try server.client()
    self.log = log
  }

  var written: Int { next.load(ordering: .relaxed) }
  var maxLogBytes: Int { greatest.load(ordering: .relaxed) }

  func write(_ count: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { try await self.writeInTurn(count / 8) } }
      try await group.waitForAll()
    }
  }

  private func writeInTurn(_ count: Int) async throws {
    for _ in 0..<count {
      let number = next.add(1, ordering: .relaxed).newValue
      _ = try await client.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.externalID = "shop-\(number)"
            $0.email = "shop-\(number)@example.com"
            $0.firstName = String(repeating: "A", count: 200)
          }
        }
      )
      greatest.max(Files.size(log), ordering: .relaxed)
    }
  }
}
