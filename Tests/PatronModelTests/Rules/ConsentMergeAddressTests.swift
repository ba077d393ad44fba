import PatronModel
import Testing

/// The consent of a merged customer for the address that it keeps, over all pairs of states.
@Suite struct ConsentMergeAddressTests {
  /// All kinds of consent, with times that produce every order of two.
  private static let all: [ChannelConsent] = {
    var all: [ChannelConsent] = [.never]
    for at in [10, 20, 30] as [Micros] {
      for actor in ConsentActor.allCases {
        all.append(
          ChannelConsent(
            state: .subscribed,
            subscribedAt: at,
            changedAt: at,
            optInLevel: .single,
            changedBy: actor
          )
        )
        all.append(
          ChannelConsent(
            state: .unsubscribed,
            subscribedAt: 5,
            unsubscribedAt: at,
            changedAt: at,
            changedBy: actor
          )
        )
      }
      all.append(ChannelConsent(state: .pending, changedAt: at, changedBy: .customer))
      all.append(
        ChannelConsent(
          state: .pending,
          unsubscribedAt: at - 5,
          changedAt: at,
          changedBy: .customer
        )
      )
      all.append(
        ChannelConsent(
          state: .subscribed,
          subscribedAt: at,
          changedAt: at,
          changedBy: .customer,
          expiresAt: at + 1
        )
      )
    }
    return all
  }()

  private func merged(_ holder: ChannelConsent, _ other: ChannelConsent) -> ChannelConsent {
    ConsentRules.merge(keeping: holder, with: other)
  }

  private func canReceive(
    _ channel: Channel,
    _ topic: Topic,
    _ consents: [Topic: ChannelConsent]
  ) -> Bool {
    [0, 15, 25, 100].contains { now in
      Deliverability(
        channel: channel,
        topic: topic,
        consents: ChannelConsents(consents),
        suppressions: [],
        hasAddress: true,
        now: now
      ).canReceive
    }
  }

  /// Topics of a channel are tested in pairs: marketing, the fallback of the others, and another.
  @Test(arguments: Channel.allCases) func neverWidens(_ channel: Channel) {
    for topic in Topic.allCases where topic != .marketing {
      for holder in Self.all {
        for other in Self.all {
          for beside in [ChannelConsent.never] + Self.all.filter({ $0.changedAt == 20 }) {
            let before: [Topic: ChannelConsent] = [.marketing: holder, topic: beside]
            for (shop, word) in [(other, ChannelConsent.never), (.never, other), (other, other)] {
              let after: [Topic: ChannelConsent] = [
                .marketing: merged(holder, shop), topic: merged(beside, word),
              ]
              for asked in [Topic.marketing, topic] where canReceive(channel, asked, after) {
                #expect(canReceive(channel, asked, before), "\(before) \(shop) \(word)")
              }
            }
          }
        }
      }
    }
  }

  @Test func agreementsForAnotherAddressDoNothing() {
    for holder in Self.all {
      for other in Self.all where other.state == .subscribed || other.state == .neverSubscribed {
        #expect(merged(holder, other) == holder)
      }
      let asked = ChannelConsent(state: .pending, changedAt: 99, changedBy: .customer)
      #expect(merged(holder, asked) == holder)
    }
  }

  @Test func anOptOutInPersonBeatsEarlierStates() {
    for other in Self.all where other.state == .unsubscribed && other.changedBy == .customer {
      for holder in Self.all {
        let result = merged(holder, other)
        let isLaterWord =
          holder.changedBy == .customer && (holder.changedAt ?? 0) > (other.changedAt ?? 0)
        switch holder.state {
        case .subscribed where isLaterWord: #expect(result == holder)
        case .pending where isLaterWord: #expect(result.state == .pending)
        default: #expect(result.state == .unsubscribed && result.isSticky, "\(holder) \(other)")
        }
      }
    }
  }

  @Test func anOptOutByTheShopBeatsOlderStates() {
    for other in Self.all where other.state == .unsubscribed && other.changedBy != .customer {
      for holder in Self.all where holder.state != .unsubscribed {
        let isOlder = (holder.changedAt ?? 0) <= (other.changedAt ?? 0)
        #expect((merged(holder, other).state == .unsubscribed) == isOlder, "\(holder) \(other)")
      }
    }
  }

  @Test func theResultKeepsTheHoldersDates() {
    for holder in Self.all {
      for other in Self.all {
        let result = merged(holder, other)
        #expect(result.subscribedAt == holder.subscribedAt)
        #expect(merged(result, other) == result, "twice is once: \(holder) \(other)")
      }
    }
  }
}
