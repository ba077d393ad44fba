import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of watches while customers are merged.
struct MergeWatchTests {
  private func merge(_ rig: WatchRig, _ primary: String, _ secondary: String) async throws
    -> MergeCustomersResponse
  {
    try await CustomerServiceClient(channel: rig.client).mergeCustomers(
      .with {
        $0.primary = .with { $0.ref = .externalID(primary) }
        $0.secondary = .with { $0.ref = .externalID(secondary) }
      }
    )
  }

  @Test func aWatchOfTheStoreSeesTheMergeAndNothingTwice() async throws {
    try await WatchRig.run { rig in
      var watch = try await rig.watch()
      try await rig.record("e1", of: "a")
      try await rig.record("e2", of: "b")
      let merged = try await merge(rig, "a", "b")
      try await rig.record("e3", of: "b")
      let events = try await watch.events(to: "e3")
      #expect(
        events.map { $0.event?.eventID } == [
          "e1", "e2", "patron:profile_merged:\(merged.mergeID)", "e3",
        ]
      )
      #expect(events.map(\.sequence) == events.map(\.sequence).sorted())
      #expect(events.last?.event?.customerID == merged.customer?.id)
      watch.cancel()
    }
  }

  @Test func aWatchOfThePrimaryIsToldAndOneOfTheSecondaryGoesOnThere() async throws {
    try await WatchRig.run { rig in
      try await rig.record("e0", of: "a")
      try await rig.record("e1", of: "b")
      var primary = try await rig.watch(of: "a")
      var secondary = try await rig.watch(of: "b")
      try await rig.record("e2", of: "b")
      #expect(try await secondary.nextEvent().event?.eventID == "e2")
      let merged = try await merge(rig, "a", "b")
      let ended = try await failure { try await secondary.nextEvent() }
      #expect(ended.code == .aborted && ended.reason == "CUSTOMER_MERGED")
      #expect(ended.metadata["customer_id"] == String(merged.customer?.id ?? 0))
      let told = try await primary.nextEvent()
      #expect(told.event?.type == "profile_merged" && told.sequence == merged.mergeID)
      var again = try await rig.watch(after: secondary.last, of: "b")
      #expect(try await again.nextEvent().event?.type == "profile_merged")
      try await rig.record("e3", of: "b")
      #expect(try await again.nextEvent().event?.eventID == "e3")
      #expect(try await primary.nextEvent().event?.eventID == "e3")
      primary.cancel()
      again.cancel()
    }
  }

  @Test func whoHasNotSeenAnEventGetsItWhereItIsNow() async throws {
    try await WatchRig.run { rig in
      let first = try await rig.record("e0", of: "b")
      try await rig.record("e1", of: "b")
      try await rig.record("e2", of: "a")
      let merged = try await merge(rig, "a", "b")
      var watch = try await rig.watch(after: first.sequence, of: "b")
      let events = try await watch.events(3)
      #expect(
        events.map { $0.event?.eventID } == [
          "e1", "e2", "patron:profile_merged:\(merged.mergeID)",
        ]
      )
      watch.cancel()
    }
  }

  @Test func aWatchEndsWhenItsReferenceNamesTheSecondaryAgain() async throws {
    try await WatchRig.run { rig in
      try await rig.record("e0", of: "a")
      try await rig.record("e1", of: "b")
      let merged = try await merge(rig, "a", "b")
      var primary = try await rig.watch(of: "a")
      var secondary = try await rig.watch(of: "b")
      try await rig.record("e2", of: "b")
      #expect(try await primary.nextEvent().event?.eventID == "e2")
      #expect(try await secondary.nextEvent().event?.eventID == "e2")
      let ended = try await CustomerServiceClient(channel: rig.client).unmergeCustomers(
        .with { $0.mergeID = merged.mergeID }
      )
      let error = try await failure { try await secondary.nextEvent() }
      #expect(error.code == .aborted && error.reason == "REFERENCE_MOVED")
      #expect(error.metadata["customer_id"] == String(ended.secondary?.id ?? 0))
      try await rig.record("e3", of: "b")
      try await rig.record("e4", of: "a")
      var again = try await rig.watch(after: secondary.last, of: "b")
      #expect(try await again.nextEvent().event?.type == "profile_unmerged")
      #expect(try await again.nextEvent().event?.eventID == "e3")
      #expect(try await primary.nextEvent().event?.type == "profile_unmerged")
      #expect(try await primary.nextEvent().event?.eventID == "e4")
      primary.cancel()
      again.cancel()
    }
  }
}
