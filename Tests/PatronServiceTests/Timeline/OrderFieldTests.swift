import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of webhooks from real shops, as they arrived: Tests/Field/order-webhooks.tsv.
struct OrderFieldTests {
  @Test func webhooksLeadToTheStateThatTheyTellOf() async throws {
    let rows = FieldFiles.lines("order-webhooks.tsv")
    #expect(rows.count >= 14 && rows.allSatisfy { $0.count == 6 })
    for (name, calls) in Dictionary(grouping: rows, by: { $0[0] }) {
      try await Shop.open { shop in
        for (number, call) in calls.enumerated() {
          let place = "\(name), call \(number + 1)"
          let packed = try SyncOrderRequest.descriptor.packJSON(
            Array(call[1].utf8),
            options: JSONReadOptions()
          )
          let answer = try await shop.timelines.syncOrder(try SyncOrderRequest(decoding: packed))
          #expect(answer.outcome.description == "OUTCOME_\(call[2])", "\(place)")
          let warnings = Set(answer.warnings.map(\.reason)).sorted().joined(separator: ",")
          #expect(warnings == call[3], "\(place)")
          let status = answer.order?.paymentStatus.description
          #expect(status == "PAYMENT_STATUS_\(call[4])", "\(place)")
          let stats = try await shop.customer(.email("ada@example.com")).orderStats
          #expect(stats.map { String($0.refundedTotal) } == [call[5]], "\(place)")
        }
        #expect(try shop.store.check([RecordChecks.run]) == [], "\(name)")
      }
    }
  }
}
