import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// Real purchase histories, imported with the command line only.
  @Suite struct CDNOWTests {
    static let file = RepositoryRoot.file("../shared/data/cdnow/CDNOW_master.txt")

    @Test(
      "examples/cdnow/run imports every purchase, and a second run changes nothing",
      .enabled(if: Files.exists(file), "needs ../shared/data/cdnow/CDNOW_master.txt"),
      .timeLimit(.minutes(15))
    )
    func importTwice() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let first = try await run(server)
      #expect(first.exit == .status(0), "\(first.errors)")
      #expect(
        first.output.hasPrefix("69,659 orders: 69,659 created, 0 updated, 0 unchanged, 0 rejected")
      )
      let second = try await run(server)
      #expect(second.exit == .status(0), "\(second.errors)")
      #expect(
        second.output.hasPrefix("69,659 orders: 0 created, 0 updated, 69,659 unchanged, 0 rejected")
      )
      print("cdnow: \(first.output)cdnow: \(second.output)", terminator: "")
      let client = try server.client()
      try await checkTotals(client)
      try await checkFilters(client)
      try await checkTimeline(client)
      await client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    private func run(_ server: PatronServer) async throws -> Finished {
      try await Programs.run(
        RepositoryRoot.file("examples/cdnow/run"),
        [Self.file],
        environment: [
          "PATRON": try Installation.program("patron"), "PATRON_ADDRESS": server.address,
        ],
        within: .seconds(600)
      )
    }

    private func checkTotals(_ client: PatronClient) async throws {
      var request = ListCustomersRequest.with { $0.pageSize = 100 }
      var customers: [String: OrderStats] = [:]
      repeat {
        let page = try await client.customers.listCustomers(request)
        for customer in page.customers {
          #expect(customer.orderStats.count == 1)
          #expect(customer.email == "c\(customer.externalID ?? "")@cdnow.example.com")
          customers[customer.externalID ?? ""] = customer.orderStats.first
        }
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(customers.count == 23_570)
      #expect(customers.values.reduce(0) { $0 + $1.orderCount } == 69_659)
      #expect(customers.values.reduce(0) { $0 + $1.totalSpent } == 250_031_563)
      #expect(customers.values.allSatisfy { $0.currencyCode == "USD" })
      #expect(customers["14048"]?.orderCount == 217)
      #expect(customers["07592"]?.totalSpent == 1_399_093)
      #expect(customers["00003"]?.orderCount == 6)
      #expect(customers["00003"]?.totalSpent == 15_646)
    }

    private func checkFilters(_ client: PatronClient) async throws {
      let counted = try await client.customers.countCustomers(
        .with { $0.facetCategories = ["orders"] }
      )
      #expect(counted.total == 23_570)
      let facets = counted.facets.map { [$0.filter: $0.count] }
      #expect(facets.contains(["one_order": 11_908]))
      #expect(facets.contains(["repeat_customers": 11_662]))
      let once = CustomerFilter.with {
        $0.selections = [
          .with {
            $0.category = "orders"
            $0.filters = ["one_order"]
          }
        ]
      }
      #expect(
        try await client.customers.countCustomers(.with { $0.filter = once }).total == 11_908
      )
      let export = try await client.customers.exportCustomers(
        .with {
          $0.format = .ndjson
          $0.filter = once
        }
      )
      var lines = 0
      for try await part in export { lines += part.data.count { $0 == UInt8(ascii: "\n") } }
      #expect(lines == 11_908)
    }

    private func checkTimeline(_ client: PatronClient) async throws {
      let page = try await client.timeline.getTimeline(
        .with {
          $0.customer = .externalID("00003")
          $0.filter = .with { $0.types = ["order_placed"] }
        }
      )
      // Midnight UTC of the six days, newest first.
      let expected: [(Int64, Int64)] = [
        (896_313_600, 1699), (880_416_000, 2096), (879_552_000, 5745), (859_939_200, 1954),
        (859_680_000, 2076), (852_163_200, 2076),
      ]
      #expect(page.events.map { $0.occurredAt?.seconds } == expected.map(\.0))
      #expect(page.events.map { $0.amount?.minorUnits } == expected.map(\.1))
      #expect(page.header?.customer?.orderStats.first?.orderCount == 6)
      #expect(page.header?.latestOrders.map { $0.total?.minorUnits } == expected.map(\.1))
    }
  }
}
