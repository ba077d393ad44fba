import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// Attacks on the memory of a server that must not take more than it printed at its start.
  @Suite(.enabled(if: MemoryGroup.isPossible, "needs the privilege to make control groups"))
  struct MemoryAttackTests {
    /// The bytes that each connection of an attack sends. None reads an answer.
    struct Flood: Sendable, CustomTestStringConvertible {
      let testDescription: String
      let bytes: [UInt8]
    }

    /// The external id of a customer with a large record.
    private static let large = "large"

    private static func pipelined(_ method: String, _ payload: [UInt8]) -> [UInt8] {
      (0..<600).flatMap { RawFrames.request(UInt32($0 * 2 + 1), method, payload) }
    }

    static let floods = [
      Flood(
        testDescription: "requests that never end",
        bytes: RawFrames.frame(
          1,
          stream: 1,
          length: 1 << 20,
          [UInt8](repeating: 0, count: (1 << 20) - 1)
        )
      ),
      Flood(
        testDescription: "writes with large answers",
        bytes: pipelined(
          "UpsertCustomer",
          WireBytes().field(2, WireBytes().field(1, large)).bytes
        )
      ),
      Flood(
        testDescription: "reads with large answers",
        bytes: pipelined(
          "GetCustomer",
          WireBytes().field(2, WireBytes().field(2, large)).bytes
        )
      ),
    ]

    @Test("the printed bound is kept, and others are served", arguments: floods)
    func kept(_ flood: Flood) async throws {
      let folder = TemporaryDirectory()
      let mib = 512
      let server = try await PatronServer.start(
        data: folder.file("data"),
        flags: [
          "--memory-mib", "\(mib)", "--max-connections", "128", "--max-calls", "4096",
          "--max-watches", "1024",
        ]
      )
      let group = try MemoryGroup(limit: (mib << 20) - server.residentBytes)
      try group.add(server.process)
      let good = try await GoodClient(server)
      try await makeLarge(good.client)
      var crowd: [(connection: RawConnection, sent: Int)] = []
      for _ in 0..<100 { crowd.append((try RawConnection(server.address), 0)) }
      for _ in 0..<100 {
        for index in crowd.indices {
          let rest = flood.bytes[crowd[index].sent...]
          if !rest.isEmpty { crowd[index].sent += crowd[index].connection.offer(rest) }
        }
        try await Task.sleep(for: .milliseconds(20))
      }
      try await isServed(good)
      #expect(server.residentBytes < mib << 20)
      crowd.removeAll()
      try await isServed(good)
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// Stores a customer of 240 KB.
    private func makeLarge(_ client: PatronClient) async throws {
      let tags = (0..<240).map { "\($0)" + String(repeating: "\u{1F600}", count: 240) }
      _ = try await client.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.externalID = Self.large
            $0.email = "large@example.com"
            $0.tags = tags.joined(separator: ",")
          }
        }
      )
    }

    /// Waits until a call of an honest client is answered. It may be refused while answers take all
    /// memory that they may.
    private func isServed(_ good: GoodClient) async throws {
      let end = ContinuousClock.now + .seconds(60)
      while true {
        do {
          _ = try await good.client.customers.getCustomer(
            .with { $0.customer = .externalID(GoodClient.externalID) },
            options: CallOptions(timeout: .seconds(10))
          )
          return
        } catch {
          guard ContinuousClock.now < end else { throw error }
          try await Task.sleep(for: .milliseconds(100))
        }
      }
    }
  }
}
