import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// Allocations of a server for each call: counts, not times, so that a limit holds on every
  /// machine.
  @Suite(.enabled(if: Shim.isPossible, "needs a C compiler")) struct AllocationTests {
    #if DEBUG
      /// It was 22 when this test was written, most of them by code that is not optimized.
      static let maxForGetCustomer = 25.0
    #else
      /// It was 9 when this test was written.
      static let maxForGetCustomer = 12.0
    #endif

    @Test("GetCustomer allocates no more than it did", .timeLimit(.minutes(5)))
    func getCustomer() async throws {
      let scratch = TemporaryDirectory()
      let counter = try scratch.write("count", "")
      let server = try await PatronServer.start(
        data: scratch.file("data"),
        listen: "unix:" + scratch.file("socket"),
        environment: [
          "LD_PRELOAD": try await Shim.build("Tests/Allocations/allocation_shim.c", in: scratch),
          "ALLOCATION_SHIM_FILE": counter,
        ]
      )
      let client = try server.client()
      _ = try await client.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.externalID = "c1"
            $0.email = "c1@example.com"
            $0.firstName = "Ada"
          }
        }
      )
      func get(_ times: Int) async throws {
        for _ in 0..<times {
          let answer = try await client.customers.getCustomer(
            .with { $0.customer = .with { $0.ref = .externalID("c1") } }
          )
          #expect(answer.customer?.firstName == "Ada")
        }
      }
      // Caches fill up with the first calls.
      try await get(200)
      let start = try allocations(counter)
      try await get(1000)
      let middle = try allocations(counter)
      try await get(2000)
      let end = try allocations(counter)
      await client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      // The difference of both runs is that of 1000 calls; costs that every run has drop out.
      let each = Double((end - middle) - (middle - start)) / 1000
      print("GetCustomer: \(each) allocations a call")
      #expect(each > 1, "the shim counts nothing")
      #expect(each <= Self.maxForGetCustomer)
    }

    /// Returns the count that the shim keeps in its file.
    private func allocations(_ file: String) throws -> Int {
      let bytes = FileManager.default.contents(atPath: file) ?? Data()
      guard bytes.count == MemoryLayout<UInt64>.size else {
        throw HarnessError("the shim made no count in \(file)")
      }
      return Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    }
  }
}
