import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of values beside a refusal in a row: invalid ones do not prevent the refusal.
struct ImportOptOutTests {
  private func ann(_ shop: Shop) async throws {
    try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
      $0.phoneNumber = "+14155550101"
      $0.acceptsEmailMarketing = true
      $0.acceptsSMSMarketing = true
    }
  }

  private func item(
    _ subscriptions: [Subscription],
    _ suppressions: [Suppression] = [],
    _ adjust: (inout CustomerInput) -> Void = { _ in }
  ) -> ImportItem {
    var item = ImportItem.of("c1") { adjust(&$0) }
    item.subscriptions = subscriptions
    item.suppressions = suppressions
    return item
  }

  private func state(
    _ channel: ContactChannel,
    _ state: ConsentState,
    _ adjust: (inout Subscription) -> Void = { _ in }
  ) -> Subscription {
    .with {
      $0.channel = channel
      $0.state = state
      adjust(&$0)
    }
  }

  private func warnings(_ answer: ImportCustomersResponse) -> [String] {
    answer.results.flatMap(\.warnings).map { "\($0.reason) \($0.field) \($0.rule)" }
  }

  private func states(_ shop: Shop) async throws -> [ConsentState] {
    [try await shop.state(.email), try await shop.state(.sms)]
  }

  private static let late = GoogleProtobuf.Timestamp.at(GoogleProtobuf.Timestamp.now + 1000)

  @Test func aBadAgreementBesideAnOptOutIsLeftOut() async throws {
    try await Shop.open { shop in
      try await ann(shop)
      let row = item([
        state(.email, .unsubscribed),
        state(.sms, .subscribed) { $0.subscribedAt = Self.late },
        state(.unspecified, .subscribed),
      ])
      let rejected = try await shop.import([row]) { $0.invalidFields = .reject }
      #expect(rejected.counts?.rejected == 1)
      let answer = try await shop.import([row], policy: .overwrite)
      #expect(
        warnings(answer) == [
          "FIELD_DROPPED subscriptions[1] CONSENT_TIME_OUT_OF_RANGE",
          "FIELD_DROPPED subscriptions[2] ENUM_VALUE_UNKNOWN",
        ]
      )
      #expect(try await states(shop) == [.unsubscribed, .subscribed])
      // Without a refusal an agreement is essential.
      let alone = try await shop.import([item([row.subscriptions[1]])])
      #expect(
        alone.results[0].error?.asError.broken.map(\.description) == [
          "subscriptions[0].subscribed_at CONSENT_TIME_OUT_OF_RANGE"
        ]
      )
    }
  }

  @Test func partsOfAnOptOutThatBreakARuleAreLeftOut() async throws {
    try await Shop.open { shop in
      try await ann(shop)
      let answer = try await shop.import([
        item([
          state(.email, .unsubscribed) {
            $0.subscribedAt = .at(-1)
            $0.unsubscribedAt = Self.late
            $0.optInLevel = .init(rawValue: 9)
            $0.changedBy = .init(rawValue: 9)
          }
        ])
      ])
      #expect(
        warnings(answer) == [
          "FIELD_DROPPED subscriptions[0].opt_in_level ENUM_VALUE_UNKNOWN",
          "FIELD_DROPPED subscriptions[0].changed_by ENUM_VALUE_UNKNOWN",
          "FIELD_DROPPED subscriptions[0].subscribed_at CONSENT_TIME_OUT_OF_RANGE",
          "FIELD_DROPPED subscriptions[0].unsubscribed_at CONSENT_TIME_OUT_OF_RANGE",
        ]
      )
      // The author is unknown, so the opt-out counts as the customer's.
      let stored = try await shop.customer(.externalID("c1")).subscriptions
      #expect(stored.first { $0.channel == .email }?.changedBy == .customer)
      #expect(try await states(shop) == [.unsubscribed, .subscribed])
    }
  }

  @Test func ofWhatContradictsItselfTheOptOutCounts() async throws {
    let agreed: @Sendable (inout Subscription) -> Void = { $0.changedAt = .at(1_700_000_000) }
    for isFirst in [true, false] {
      try await Shop.open { shop in
        try await ann(shop)
        let optOut = state(.email, .unsubscribed)
        let agreement = state(.email, .subscribed, agreed)
        // An equal repeat counts once. A topic with several different agreements stays unchanged.
        let row = item(
          (isFirst ? [optOut, agreement] : [agreement, optOut])
            + [
              optOut, state(.sms, .subscribed, agreed), state(.sms, .pending),
              state(.sms, .subscribed, agreed),
            ]
        )
        let answer = try await shop.import([row], policy: .overwrite)
        #expect(answer.results[0].error == nil)
        let left = isFirst ? 1 : 0
        #expect(
          warnings(answer) == [
            "FIELD_DROPPED subscriptions[\(left)] SUBSCRIPTION_REPEATED",
            "FIELD_DROPPED subscriptions[4] SUBSCRIPTION_REPEATED",
            "FIELD_DROPPED subscriptions[5] SUBSCRIPTION_REPEATED",
          ]
        )
        #expect(try await states(shop) == [.unsubscribed, .subscribed])
        let twice = try await shop.import([item([optOut, optOut])])
        #expect(warnings(twice).isEmpty && twice.counts?.unchanged == 1)
        // The row contains no opt-out.
        let alone = try await shop.import([item([agreement, agreement])])
        #expect(
          alone.results[0].error?.asError.broken == [
            Broken("subscriptions[1]", "SUBSCRIPTION_REPEATED")
          ]
        )
      }
    }
  }

  @Test(arguments: [ContactChannel.email, .sms])
  func theOwnersWordStaysWhereTheAddressIsLeftOut(_ channel: ContactChannel) async throws {
    let cases: [(PatronProto.SuppressionReason, isOptOut: Bool)] = [
      (.unsubscribed, true), (.spamComplaint, true), (.hardBounce, false), (.manual, false),
    ]
    for (reason, isOptOut) in cases {
      try await Shop.open { shop in
        try await ann(shop)
        let suppression = Suppression.with {
          $0.channel = channel
          $0.reason = reason
        }
        let answer = try await shop.import([
          item([], [suppression]) {
            if channel == .email { $0.email = "not mail" } else { $0.phoneNumber = "12" }
          }
        ])
        let dropped = warnings(answer).filter { $0.contains("suppressions") }
        #expect(dropped == (isOptOut ? [] : ["FIELD_DROPPED suppressions ADDRESS_MISSING"]))
        let expected: ConsentState = isOptOut ? .unsubscribed : .subscribed
        #expect(try await shop.state(channel) == expected)
        #expect(try await shop.reasons(channel) == [])
        let other = channel == .email ? ContactChannel.sms : .email
        #expect(try await shop.state(other) == .subscribed)
        // The opt-out was made in person, so no flag ends it.
        let flag = try await shop.upsert {
          $0.externalID = "c1"
          if channel == .email {
            $0.acceptsEmailMarketing = true
          } else {
            $0.acceptsSMSMarketing = true
          }
        }
        #expect(flag.warnings.map(\.reason) == (isOptOut ? ["STICKY_OPT_OUT"] : []))
        #expect(try shop.findings() == [])
      }
    }
  }
}
