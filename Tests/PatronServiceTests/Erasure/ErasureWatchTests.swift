import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of watches during an erasure.
@Suite(.timeLimit(.minutes(15)))
struct ErasureWatchTests {
  private func delete(
    _ rig: WatchRig,
    _ id: String,
    _ mode: DeleteMode
  ) async throws -> DeleteCustomerResponse {
    try await CustomerServiceClient(channel: rig.client).deleteCustomer(
      .with {
        $0.customer = .with { $0.ref = .externalID(id) }
        $0.mode = mode
      }
    )
  }

  @Test(arguments: [DeleteMode.anonymize, .purge])
  func isToldByOneEvent(_ mode: DeleteMode) async throws {
    try await WatchRig.run { rig in
      let first = try await rig.record("e1", note: "secret")
      var store = try await rig.watch()
      var customer = try await rig.watch(of: "c1")
      let receipt = try await delete(rig, "c1", mode)
      for seen in [try await store.nextEvent(), try await customer.nextEvent()] {
        let event = try #require(seen.event)
        #expect(event.type == "profile_redacted" && event.product == "profile")
        #expect(event.customerID == first.customerID && event.id == receipt.receiptID)
        #expect(seen.sequence > first.sequence && seen.kind == .recorded)
        #expect(
          event.properties == [
            "erasure_id": .with { $0.kind = .int64Value(receipt.receiptID) },
            "mode": .text(mode == .purge ? "purge" : "anonymize"),
          ]
        )
      }
      // The watch of the store continues. A watch of the customer cannot begin.
      let last = try await rig.record("last", of: "c2")
      #expect(try await store.events(to: "last").last?.event == last)
      customer.cancel()
      let stream = try await rig.timelines.watchTimeline(
        .with { $0.customer = .with { $0.ref = .id(first.customerID) } }
      )
      let error = try await failure { try await Watching(stream) }
      #expect(error.code == .notFound && error.reason == "CUSTOMER_ERASED")
    }
  }

  /// A watch that continues from before an erasure receives the remaining events once, and then the
  /// event that reports the erasure. That event means that all earlier data of the customer can be
  /// forgotten.
  @Test(arguments: [DeleteMode.anonymize, .purge])
  func goingOnFromBefore(_ mode: DeleteMode) async throws {
    try await WatchRig.run { rig in
      let first = try await rig.record("a1", of: "c1", note: "secret")
      try await rig.record("b1", of: "c2")
      try await rig.record("a2", of: "c1", note: "secret")
      try await rig.record("b2", of: "c2")
      let receipt = try await delete(rig, "c1", mode)
      let last = try await rig.record("b3", of: "c2")
      for start in [1, first.sequence, receipt.receiptID - 1] {
        var watch = try await rig.watch(after: start)
        let seen = try await watch.events(to: "b3").compactMap(\.event)
        let ids = seen.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.contains(receipt.receiptID) && ids.last == last.id)
        #expect(seen.allSatisfy { $0.properties["note"] == nil })
        let others = seen.filter { $0.customerID == first.customerID }
        if mode == .purge {
          #expect(others.map(\.type) == ["profile_redacted"])
        } else if start == 1 {
          #expect(others.map(\.type) == ["ping", "ping", "profile_redacted"])
        }
        watch.cancel()
      }
    }
  }
}
