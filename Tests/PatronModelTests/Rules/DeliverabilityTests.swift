import PatronModel
import Testing

@Suite struct DeliverabilityTests {
  private let make = ConsentFlagTests.consent

  private func reasons(
    _ channel: Channel,
    _ topic: Topic,
    _ consents: [Topic: ChannelConsent],
    suppressions: [Suppression] = [],
    hasAddress: Bool = true,
    isRedacted: Bool = false,
    now: Micros = 1000
  ) -> [BlockReason] {
    let result = Deliverability(
      channel: channel,
      topic: topic,
      consents: ChannelConsents(consents),
      suppressions: suppressions,
      hasAddress: hasAddress,
      isRedacted: isRedacted,
      now: now
    )
    #expect(result.canReceive == result.blockReasons.isEmpty)
    return result.blockReasons
  }

  @Test func smsMatrix() {
    let subscribed = [Topic.marketing: make(.subscribed, .customer, 1)]
    let removed = [Topic.marketing: make(.unsubscribed, .operator, 1)]
    for topic in Topic.allCases {
      #expect(reasons(.sms, topic, subscribed) == [])
      #expect(reasons(.sms, topic, removed) == [.unsubscribed])
      #expect(
        reasons(
          .sms,
          topic,
          subscribed,
          suppressions: [Suppression(reason: .manual, suppressedAt: 1)]
        )
          == [.suppressed]
      )
      let never: [BlockReason] = topic == .transactional ? [] : [.neverSubscribed]
      #expect(reasons(.sms, topic, [:]) == never)
    }
  }

  @Test func otherTopicsThatBlockAreNamed() {
    func blocking(
      _ channel: Channel,
      _ topic: Topic,
      _ consents: [Topic: ChannelConsent]
    ) -> [Topic] {
      Deliverability(
        channel: channel,
        topic: topic,
        consents: ChannelConsents(consents),
        suppressions: [],
        hasAddress: true,
        now: 1000
      ).blockingTopics
    }
    let out = [Topic.marketing: make(.unsubscribed, .customer, 1)]
    #expect(blocking(.sms, .transactional, out) == [.marketing])
    #expect(blocking(.sms, .marketing, out) == [])
    #expect(blocking(.email, .loyalty, out) == [.marketing])
    #expect(blocking(.email, .transactional, out) == [])
    let ofLoyalty = [
      Topic.marketing: make(.subscribed, .operator, 5),
      Topic.loyalty: make(.unsubscribed, .customer, 2),
    ]
    #expect(blocking(.email, .marketing, ofLoyalty) == [.loyalty])
    #expect(blocking(.sms, .marketing, ofLoyalty) == [])
    let agreedSince = [
      Topic.marketing: make(.subscribed, .customer, 5),
      Topic.loyalty: make(.unsubscribed, .customer, 2),
    ]
    #expect(blocking(.email, .marketing, agreedSince) == [])
  }

  @Test func aTopicsOwnConsentComesFirst() {
    let only = [Topic.loyalty: make(.subscribed, .customer, 1)]
    #expect(reasons(.sms, .loyalty, only) == [])
    #expect(reasons(.sms, .marketing, only) == [.neverSubscribed])
    let without = [
      Topic.marketing: make(.subscribed, .customer, 1),
      Topic.loyalty: make(.unsubscribed, .operator, 2),
    ]
    #expect(reasons(.sms, .loyalty, without) == [.unsubscribed])
    #expect(reasons(.sms, .marketing, without) == [])
  }

  @Test func pendingAndExpired() {
    let pending = [Topic.marketing: make(.pending, .customer, 1)]
    #expect(reasons(.sms, .marketing, pending) == [.pendingConfirmation])
    #expect(reasons(.sms, .transactional, pending) == [])
    var afterStop = make(.pending, .customer, 2)
    afterStop.unsubscribedAt = 1
    #expect(reasons(.sms, .transactional, [.marketing: afterStop]) == [.pendingConfirmation])
    var implied = make(.subscribed, .platform, 1)
    implied.expiresAt = 1000
    #expect(reasons(.email, .marketing, [.marketing: implied], now: 999) == [])
    #expect(reasons(.email, .marketing, [.marketing: implied], now: 1000) == [.expired])
  }

  @Test func emailMatrix() {
    let byShop = [Topic.marketing: make(.unsubscribed, .operator, 1)]
    let byCustomer = [Topic.marketing: make(.unsubscribed, .customer, 1)]
    #expect(reasons(.email, .marketing, [:]) == [.neverSubscribed])
    #expect(reasons(.email, .marketing, byShop) == [.unsubscribed])
    for topic in [Topic.reviewRequests, .loyalty] {
      #expect(reasons(.email, topic, [:]) == [])
      #expect(reasons(.email, topic, byShop) == [])
      #expect(reasons(.email, topic, byCustomer) == [.unsubscribed])
      #expect(reasons(.email, topic, [topic: make(.unsubscribed, .operator, 1)]) == [.unsubscribed])
      let both = [
        Topic.marketing: make(.subscribed, .customer, 5),
        topic: make(.unsubscribed, .customer, 9),
      ]
      #expect(reasons(.email, .marketing, both) == [.unsubscribed])
      let later = [
        Topic.marketing: make(.subscribed, .customer, 10),
        topic: make(.unsubscribed, .customer, 9),
      ]
      #expect(reasons(.email, .marketing, later) == [])
    }
    #expect(reasons(.email, .transactional, byCustomer) == [])
    #expect(
      reasons(.email, .transactional, [.transactional: make(.unsubscribed, .customer, 1)])
        == [.unsubscribed]
    )
  }

  @Test func everyReasonIsNamed() {
    #expect(
      reasons(
        .email,
        .marketing,
        [:],
        suppressions: [Suppression(reason: .erasure, suppressedAt: 1)],
        hasAddress: false,
        isRedacted: true
      )
        == [.redacted, .noAddress, .suppressed, .neverSubscribed]
    )
  }
}
