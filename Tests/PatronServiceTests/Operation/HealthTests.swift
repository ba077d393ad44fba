import PatronProto
import PatronServer
import ProtobufC
import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// Tests of the health service.
struct HealthTests {
  @Test func checksListsAndWatches() async throws {
    let health = HealthState(services: ["patron.v1.CustomerService"])
    try await LocalServer.withClient { _ in
      HealthDispatcher(health)
    } _: { channel in
      let client = GRPCHealth.HealthClient(channel: channel)
      for name in ["", "patron.v1.CustomerService"] {
        let answer = try await client.check(.with { $0.service = name })
        #expect(answer.status == .serving)
      }
      let unknown = try await failure { try await client.check(.with { $0.service = "x" }) }
      #expect(unknown.code == .notFound)
      let list = try await client.list(GRPCHealth.HealthListRequest())
      #expect(list.statuses.count == 2)
      #expect(list.statuses.values.allSatisfy { $0.status == .serving })
      let watch = try await client.watch(GRPCHealth.HealthCheckRequest())
      var answers = watch.makeAsyncIterator()
      #expect(try await answers.next()?.status == .serving)
      health.setAll(.notServing)
      #expect(try await answers.next()?.status == .notServing)
      watch.cancel()
      let after = try await client.check(GRPCHealth.HealthCheckRequest())
      #expect(after.status == .notServing)
    }
  }
}
