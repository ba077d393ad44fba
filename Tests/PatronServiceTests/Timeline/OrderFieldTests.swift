import Foundation
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronService

/// Webhooks of other people's shops, as they arrived: Tests/Field/order-webhooks.tsv.
struct OrderFieldTests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Field/order-webhooks.tsv")

  @Test func webhooksLeadToTheStateThatTheyTellOf() async throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    let rows = lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(rows.count >= 14 && rows.allSatisfy { $0.count == 6 })
    for (name, calls) in Dictionary(grouping: rows, by: { String($0[0]) }) {
      try await Shop.open { shop in
        for (number, call) in calls.enumerated() {
          let place = "\(name), call \(number + 1)"
          let packed = try SyncOrderRequest.descriptor.packJSON(
            Array(call[1].utf8), options: JSONReadOptions())
          let answer = try await shop.timelines.syncOrder(try SyncOrderRequest(decoding: packed))
          #expect(answer.outcome.description == "OUTCOME_\(call[2])", "\(place)")
          let warnings = Set(answer.warnings.map(\.reason)).sorted().joined(separator: ",")
          #expect(warnings == call[3], "\(place)")
          let status = answer.order?.paymentStatus.description
          #expect(status == "PAYMENT_STATUS_\(call[4])", "\(place)")
          let stats = try await shop.customer(.email("ada@example.com")).orderStats
          #expect(stats.map { String($0.refundedTotal) } == [String(call[5])], "\(place)")
        }
        #expect(try shop.store.check([RecordChecks.run]) == [], "\(name)")
      }
    }
  }
}
