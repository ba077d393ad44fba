import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of customers' replies by text message, through the whole server.
struct ReplyTests {
  /// Creates a customer with a phone number who agreed by SMS at second 0.
  private func subscribed(_ shop: Shop, _ id: String, _ number: Int) async throws {
    try await shop.upsert {
      $0.externalID = id
      $0.phoneNumber = "+1415555\(1000 + number)"
    }
    try await shop.emit("sms_subscribed", "s-\(id)", at: 1_700_000_000, of: { $0.externalID = id })
  }

  private func answer(
    _ shop: Shop,
    _ id: String,
    _ text: String,
    event: String,
    at seconds: Int64 = 1_700_000_100
  ) async throws -> RecordEventResponse {
    try await shop.emit(
      "sms_received",
      event,
      at: seconds,
      ["body_excerpt": .stringValue(text)],
      of: { $0.externalID = id }
    )
  }

  private func possible(_ shop: Shop) async throws -> [String] {
    try await shop.found(["sms": ["possible_opt_out"]])
  }

  @Test func everyAnswerOfTheField() async throws {
    try await Shop.open { shop in
      var listed: [String] = []
      for (number, row) in FieldFiles.rows("opt_out_words.tsv").enumerated() {
        let id = "c\(1000 + number)"
        try await subscribed(shop, id, number)
        let text = FieldFiles.unescaped(row[0])
        let told = try await answer(shop, id, text, event: "r-\(id)")
        let isOut = row[1] == "opt_out"
        let isPossible = row[1] == "possible"
        #expect(
          try await shop.state(.sms, .externalID(id)) == (isOut ? .unsubscribed : .subscribed),
          "\(row[0])"
        )
        #expect(
          told.warnings.map(\.reason) == (isPossible ? ["POSSIBLE_OPT_OUT"] : []),
          "\(row[0])"
        )
        if isPossible { listed.append(id) }
      }
      #expect(try await possible(shop) == listed)
      #expect(listed.count > 10)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whatMayBeAnOptOutIsToldOnceAndFound() async throws {
    try await Shop.open { shop in
      try await subscribed(shop, "c1", 1)
      #expect(try await possible(shop) == [])
      for _ in 0..<2 {
        _ = try await answer(shop, "c1", "could you STOP texting me", event: "r1")
      }
      let events = try await shop.timeline(.externalID("c1")).events
      let told = events.filter { $0.type == "sms_possible_opt_out" }
      #expect(told.count == 1 && told.first?.product == "sms" && told.first?.channel == .sms)
      #expect(told.first?.text("event_id") == "r1" && told.first?.text("body_excerpt") == "")
      #expect(told.first?.occurredAt == events.first { $0.type == "sms_received" }?.occurredAt)
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.possibleOptOutAt == .at(1_700_000_100))
      #expect(try await possible(shop) == ["c1"])
      let again = try await answer(shop, "c1", "could you STOP texting me!", event: "r1")
      #expect(again.outcome == .updated && again.warnings.isEmpty)
      #expect(
        try await shop.timeline(.externalID("c1")).events
          .count { $0.type == "sms_possible_opt_out" } == 1
      )
      // A statement of the shop is not an answer to the message; the customer's own statement is.
      try await shop.upsert {
        $0.externalID = "c1"
        $0.acceptsSMSMarketing = true
      }
      #expect(try await possible(shop) == ["c1"])
      try await shop.emit("sms_subscribed", "s2", at: 1_700_000_050)
      #expect(try await possible(shop) == ["c1"], "an older agreement")
      _ = try await answer(shop, "c1", "STOP", event: "r2", at: 1_700_000_200)
      #expect(try await possible(shop) == [])
      try await shop.emit("sms_subscribed", "s3", at: 1_700_000_300)
      #expect(try await possible(shop) == [], "an agreement after it")
      _ = try await answer(shop, "c1", "no, do stop", event: "r3", at: 1_700_000_400)
      #expect(try await possible(shop) == ["c1"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whoNeverAgreedOrOptedOut() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let never = try await answer(shop, "c1", "will you ever stop", event: "r1")
      #expect(never.warnings.map(\.reason) == ["POSSIBLE_OPT_OUT"])
      #expect(never.event?.enrichedFields == ["possible_opt_out_at"])
      #expect(try await possible(shop) == ["c1"])
      let start = try await answer(shop, "c1", "START", event: "r2", at: 1_700_000_200)
      #expect(start.warnings.map(\.reason) == ["OPT_IN_NOT_TAKEN"])
      #expect(try await shop.state(.sms) == .neverSubscribed)
      _ = try await answer(shop, "c1", "STOP", event: "r3", at: 1_700_000_300)
      #expect(try await shop.state(.sms) == .unsubscribed)
      let out = try await answer(shop, "c1", "did you stop", event: "r4", at: 1_700_000_400)
      #expect(out.warnings.isEmpty, "there is nothing left to opt out of")
      let back = try await answer(shop, "c1", "START", event: "r5", at: 1_700_000_500)
      #expect(back.warnings.map(\.reason) == ["OPT_IN_NOT_TAKEN"], "nothing was agreed to before")
      #expect(try await shop.state(.sms) == .unsubscribed)
    }
  }

  @Test func startGivesNothingToANumberThatNeverAgreed() async throws {
    try await Shop.open { shop in
      try await subscribed(shop, "c1", 1)
      _ = try await answer(shop, "c1", "STOP", event: "r1", at: 1_700_000_200)
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155552222"
      }
      #expect(try await shop.state(.sms) == .unsubscribed)
      let told = try await answer(
        shop,
        "c1",
        "START",
        event: "r2",
        at: GoogleProtobuf.Timestamp.now
      )
      #expect(told.warnings.map(\.reason) == ["OPT_IN_NOT_TAKEN"])
      #expect(try await shop.state(.sms) == .unsubscribed)
      #expect(try shop.findings() == [])
    }
  }

  @Test func startGivesBackWhatAnOptOutTook() async throws {
    try await Shop.open { shop in
      try await subscribed(shop, "c1", 1)
      _ = try await answer(shop, "c1", "“Stop”", event: "r1", at: 1_700_000_200)
      let early = try await answer(shop, "c1", "START", event: "r2", at: 1_700_000_150)
      #expect(early.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(try await shop.state(.sms) == .unsubscribed)
      let help = try await answer(shop, "c1", "HELP", event: "r3", at: 1_700_000_250)
      #expect(help.warnings.isEmpty)
      #expect(try await shop.state(.sms) == .unsubscribed)
      _ = try await answer(shop, "c1", "Start.", event: "r4", at: 1_700_000_300)
      #expect(try await shop.state(.sms) == .subscribed)
      let consent = try await shop.customer(.externalID("c1")).subscriptions.first
      #expect(consent?.changedBy == .customer)
      _ = try await shop.customers.updateStoreSettings(
        .with { $0.settings = .with { $0.smsDoubleOptIn = true } }
      )
      _ = try await answer(shop, "c1", "STOP", event: "r5", at: 1_700_000_400)
      _ = try await answer(shop, "c1", "START", event: "r6", at: 1_700_000_500)
      #expect(try await shop.state(.sms) == .pending, "where the store asks for confirmation")
    }
  }

  @Test func aStoreAddsWords() async throws {
    try await Shop.open { shop in
      try await subscribed(shop, "c1", 1)
      _ = try await answer(shop, "c1", "Aufhören!", event: "r1")
      #expect(try await shop.state(.sms) == .subscribed)
      let set = try await shop.customers.updateStoreSettings(
        .with {
          $0.settings = .with {
            $0.optOutWords = .with { $0.values = [" aufhören ", "Aufhören", "weg"] }
            $0.optInWords = .with { $0.values = ["weiter"] }
          }
        }
      )
      #expect(set.settings?.optOutWords?.values == ["aufhören", "weg"])
      _ = try await answer(shop, "c1", "AUFHOREN bitte", event: "r2", at: 1_700_000_200)
      #expect(try await shop.state(.sms) == .unsubscribed)
      _ = try await answer(shop, "c1", "weiter", event: "r3", at: 1_700_000_300)
      #expect(try await shop.state(.sms) == .subscribed)
      // The address has no customer, and the word is one of the store's.
      let nobody = try await shop.emit(
        "sms_received",
        "r4",
        ["body_excerpt": .stringValue("Weg")],
        of: { $0.phoneNumber = "+14155559999" }
      )
      #expect(nobody.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
      // The store's own list says that the address belongs to no customer.
      _ = try await shop.customers.updateStoreSettings(
        .with {
          $0.settings = .with { $0.sharedIdentifiers = .with { $0.values = ["+14155558888"] } }
        }
      )
      let shared = try await shop.emit(
        "sms_received",
        "r5",
        ["body_excerpt": .stringValue("Weg")],
        of: { $0.phoneNumber = "+14155558888" }
      )
      #expect(shared.warnings.map(\.reason).contains("ADDRESS_SUPPRESSED"))
      #expect(shared.event == nil)
      let refused = try await failure {
        try await shop.customers.updateStoreSettings(
          .with {
            $0.settings = .with { $0.optOutWords = .with { $0.values = ["?"] } }
          }
        )
      }
      #expect(refused.violations.map(\.reason) == ["WORD_LENGTH"])
    }
  }

  @Test func aStoreHasAZone() async throws {
    try await Shop.open { shop in
      func set(_ zone: String) async throws -> String? {
        try await shop.customers.updateStoreSettings(
          .with { $0.settings = .with { $0.timeZone = zone } }
        ).settings?.timeZone
      }
      #expect(try await shop.customers.getStoreSettings(.init()).settings?.timeZone == "")
      #expect(try await set("Europe/Berlin") == "Europe/Berlin")
      for name in ["EST", "Mars/Olympus", "GMT+3", "Europe/Berlin "] {
        let refused = try await failure { try await set(name) }
        #expect(refused.violations.map(\.reason) == ["TIME_ZONE_UNKNOWN"], "\(name)")
      }
      #expect(try await set("") == "")
    }
  }

  @Test func aMergeKeepsTheLaterOneAndGivesItBack() async throws {
    try await Shop.open { shop in
      for (number, id) in ["c1", "c2"].enumerated() { try await subscribed(shop, id, number) }
      _ = try await answer(shop, "c2", "do stop that", event: "r2", at: 1_700_000_200)
      let merge = try await shop.merge(.externalID("c1"), .externalID("c2"))
      #expect(merge.customer?.possibleOptOutAt == .at(1_700_000_200))
      #expect(try await possible(shop) == ["c1"])
      try await shop.unmerge(merge.mergeID)
      #expect(try await possible(shop) == ["c2"])
    }
  }
}
