import PatronModel
import Testing

/// The rules of implicit enrichment, without a store.
@Suite struct EnrichmentTests {
  private func effects(
    _ type: String,
    _ properties: [String: PropertyValue] = [:],
    from source: EventSource = .product,
    product: Bool = false
  ) -> [EnrichmentEffect] {
    Enrichment.effects(
      of: EventFacts(
        source: source,
        type: type,
        occurredAt: 5,
        properties: properties,
        namesProduct: product
      )
    )
  }

  @Test func theCatalogueNamesWhatEffectsSet() {
    for type in EventCatalogue.types {
      let rule = type.rule
      var expected = rule.fills.union(rule.overwrites)
      if rule.flagSource != nil {
        expected.formUnion(["accepts_sms_marketing", "accepts_email_marketing", "subscriptions"])
      }
      for effect in allEffects(type) { expected.formUnion(fields(effect)) }
      // SyncOrder counts orders, not their events.
      if rule.changesOrderStats { expected.insert("order_stats") }
      #expect(Set(type.enriches) == expected, "\(type.name)")
    }
  }

  /// Returns every effect that events of a type can have.
  private func allEffects(_ type: EventType) -> Set<EnrichmentEffect> {
    var found: Set<EnrichmentEffect> = []
    for bounce in ["hard", "soft", "?"] {
      for reply in ["STOP", "START", "could you STOP it", "HELP"] {
        let properties: [String: PropertyValue] = [
          "to": .string("enabled"), "account_status": .string("enabled"),
          "account_created_at": .string("2026-01-01T00:00:00Z"), "bounce_type": .string(bounce),
          "permanent": .bool(true), "body_excerpt": .string(reply), "reason": .string("manual"),
          "reviewer_name": .string("Ada King"), "points": .int(1),
        ]
        found.formUnion(effects(type.name, properties, from: type.source))
      }
    }
    return found
  }

  /// Returns the fields of the customer that an effect may change, in protocol names.
  private func fields(_ effect: EnrichmentEffect) -> Set<String> {
    func consent(_ channel: Channel) -> Set<String> {
      ["accepts_\(channel.name)_marketing", "subscriptions"]
    }
    // An agreement of the customer's own lifts suppressions.
    func agreement(_ channel: Channel) -> Set<String> { consent(channel).union(["suppressions"]) }
    return switch effect {
    case .accountStatus: ["account_status"]
    case .accountCreated: ["account_created_at"]
    case .accountOpened: ["account_created_at", "account_status"]
    case .reviewerName: ["first_name", "last_name"]
    case .review: ["reviews"]
    case .loyalty: ["loyalty"]
    case .subscribe(let channel, _, _): agreement(channel)
    case .request(let channel, _), .confirm(let channel, _): agreement(channel)
    case .unsubscribe(let channel, _): consent(channel)
    case .restore(let channel): agreement(channel)
    case .suppress, .suppressUnexplained, .softBounce: ["suppressions"]
    case .possibleOptOut: ["possible_opt_out_at"]
    case .unknownBounce, .unknownTopic, .liftedElsewhere, .unreadReply: []
    }
  }

  @Test func thirdPartyApplicationsHaveNoEffects() {
    for type in ["sms_subscribed", "email_bounced", "review_created", "email_marked_spam"] {
      #expect(effects(type, ["bounce_type": .string("hard")], from: .thirdParty) == [])
      let rule = Enrichment.rule(for: type, of: .thirdParty)
      #expect(rule == Enrichment.rule(for: "ticket_created", of: .thirdParty))
      #expect(rule.creates == .always && rule.flagSource == nil && rule.effects == [])
      #expect(rule.overwrites == [Enrichment.properties])
    }
  }

  @Test func typesWithoutEffectsHaveNone() {
    var some = 0
    for type in EventCatalogue.types {
      let properties: [String: PropertyValue] = [
        "to": .string("enabled"), "bounce_type": .string("hard"), "permanent": .bool(true),
        "points": .int(1), "keyword": .string("STOP"),
      ]
      let hasEffects = !effects(type.name, properties, from: type.source).isEmpty
      let may = Enrichment.hasEffects(type.name, of: type.source)
      #expect(hasEffects == may, "\(type.name)")
      some += hasEffects ? 1 : 0
    }
    #expect(some > 10)
  }

  @Test func accounts() {
    #expect(effects("account_created", from: .ecommerce) == [.accountOpened])
    #expect(
      effects(
        "account_created",
        ["account_created_at": .string("1970-01-01T00:00:01Z"), "account_status": .string("x")],
        from: .ecommerce
      ) == [
        .accountCreated(at: 1_000_000, property: "account_created_at"),
        .accountStatus("x", property: "account_status"), .accountOpened,
      ]
    )
    #expect(
      effects("account_status_changed", ["to": .string("disabled")], from: .ecommerce)
        == [.accountStatus("disabled", property: "to")]
    )
    #expect(effects("account_status_changed", ["to": .int(1)], from: .ecommerce) == [])
  }

  @Test func consent() {
    #expect(effects("sms_subscribed") == [.subscribe(.sms, .marketing, isConfirmed: false)])
    #expect(
      effects(
        "email_subscribed",
        ["topic": .string("loyalty"), "opt_in_level": .string("confirmed")]
      ) == [.subscribe(.email, .loyalty, isConfirmed: true)]
    )
    #expect(effects("email_subscribed", ["topic": .string("weather")]) == [.unknownTopic])
    #expect(effects("email_unsubscribed") == [.unsubscribe(.email, .marketing)])
    #expect(
      effects("sms_unsubscribed", ["topic": .string("weather")])
        == [.unsubscribe(.sms, .marketing)]
    )
    #expect(
      effects("email_bounced", ["bounce_type": .string("Hard")])
        == [.suppress(.email, .hardBounce)]
    )
    for type in ["hard_bounce", "Permanent"] {
      #expect(
        effects("email_bounced", ["bounce_type": .string(type)])
          == [.suppress(.email, .hardBounce)]
      )
    }
    for type in ["soft", "soft_bounce", "Transient", "temporary", "undetermined"] {
      #expect(effects("email_bounced", ["bounce_type": .string(type)]) == [.softBounce])
    }
    for type in [PropertyValue.string("full"), .string(""), .int(1)] {
      #expect(effects("email_bounced", ["bounce_type": type]) == [.unknownBounce])
    }
    #expect(
      effects("email_marked_spam")
        == [.unsubscribe(.email, .marketing), .suppress(.email, .spamComplaint)]
    )
    #expect(
      effects("sms_failed", ["permanent": .bool(true)])
        == [.suppress(.sms, .invalidAddress)]
    )
    #expect(effects("sms_failed", ["permanent": .bool(false)]) == [])
    #expect(effects("sms_failed") == [])
    #expect(effects("email_opened") == [])
  }

  @Test func productReports() {
    #expect(effects("sms_opt_in_requested") == [.request(.sms, .marketing)])
    #expect(
      effects("email_opt_in_confirmed", ["topic": .string("loyalty")])
        == [.confirm(.email, .loyalty)]
    )
    #expect(effects("sms_opt_in_confirmed", ["topic": .string("weather")]) == [.unknownTopic])
    #expect(
      effects("sms_suppressed", ["reason": .string("Carrier_Block")])
        == [.suppress(.sms, .carrierBlock)]
    )
    for reason in [PropertyValue.string("erasure"), .string("whim"), .int(1)] {
      #expect(effects("email_suppressed", ["reason": reason]) == [.suppressUnexplained(.email)])
    }
    #expect(
      effects("email_unsuppressed", ["previous_reason": .string("manual")]) == [.liftedElsewhere]
    )
    let optOut = [EnrichmentEffect.unsubscribe(.sms, .marketing)]
    for word in ["STOP", " stop. ", "Opt out", "CANCEL!", "unsubscribe", "\"Stop\""] {
      #expect(effects("sms_received", ["keyword": .string(word)]) == optOut, "\(word)")
      #expect(effects("sms_received", ["body_excerpt": .string(word)]) == optOut, "\(word)")
    }
    for word in ["HELP", "by tomorrow", "no"] {
      #expect(effects("sms_received", ["body_excerpt": .string(word)]) == [], "\(word)")
    }
    #expect(effects("sms_received", ["body_excerpt": .string("START")]) == [.restore(.sms)])
    let possible = [EnrichmentEffect.possibleOptOut(.sms)]
    #expect(effects("sms_received", ["body_excerpt": .string("could you STOP it")]) == possible)
    // If keyword and text differ, the more cautious intent counts.
    let both: [String: PropertyValue] = [
      "keyword": .string("START"), "body_excerpt": .string("stop"),
    ]
    #expect(effects("sms_received", both) == optOut)
    #expect(
      effects("sms_received", ["keyword": .string("HELP"), "body_excerpt": .string("can it stop")])
        == possible
    )
    #expect(effects("sms_received", ["body_excerpt": .string(" ")]) == [.unreadReply])
    #expect(effects("sms_received", ["text": .string("STOP")]) == [.unreadReply])
  }

  @Test func reviews() throws {
    func review(_ properties: [String: PropertyValue], product: Bool = true) throws -> ReviewFacts {
      let all = effects("review_created", properties, product: product)
      guard case .review(let facts)? = all.first else { throw Missing() }
      return facts
    }
    struct Missing: Error {}
    #expect(try review(["score": .int(0)]).score == nil)
    #expect(try review(["score": .int(1)]).score == 1)
    #expect(try review(["score": .double(5)]).score == 5)
    #expect(try review(["score": .int(6)]).score == nil)
    #expect(try review([:], product: false).isOfProduct == false)
    #expect(try review(["sentiment": .string("negative")]).sentiment == -1)
    #expect(try review(["sentiment": .string("0.25")]).sentiment == 0.25)
    #expect(try review(["sentiment": .double(1.01)]).sentiment == nil)
    #expect(try review(["topics": .string(" fit, ,fit,colour")]).topics == ["fit", "colour"])
    let many = (1...12).map { "t\($0)" }.joined(separator: ",")
    #expect(try review(["topics": .string(many)]).topics.count == 10)
    #expect(
      effects("review_created", ["reviewer_name": .string(" Ada King ")]).last
        == .reviewerName("Ada King")
    )
  }

  @Test func sentimentsAddUpAndCanBeTakenBack() {
    var sum = SentimentSum()
    let one = SentimentSum(mean: 0.1, count: 1)
    for _ in 0..<3 { sum.add(one) }
    sum.add(SentimentSum(mean: -1, count: 1))
    #expect(sum.count == 4 && sum.mean == -0.175)
    sum = SentimentSum(mean: sum.mean, count: sum.count)
    for _ in 0..<3 { sum.add(one, times: -1) }
    #expect(sum == SentimentSum(mean: -1, count: 1))
    sum.add(SentimentSum(mean: 1, count: 2), times: -1)
    #expect(sum.count == 1, "what was never counted is not taken off")
    sum.add(SentimentSum(mean: -1, count: 1), times: -1)
    #expect(sum == SentimentSum())
  }

  @Test func loyalty() throws {
    func facts(_ type: String, _ properties: [String: PropertyValue] = [:]) -> LoyaltyFacts? {
      guard case .loyalty(let facts)? = effects(type, properties).first else { return nil }
      return facts
    }
    #expect(facts("loyalty_joined")?.joinedAt == 5)
    #expect(facts("loyalty_left")?.isMember == false)
    let earned = try #require(facts("points_earned", ["points": .int(7)]))
    #expect(earned.earned == 7 && earned.balance == .changed(by: 7) && earned.isMember == true)
    let redeemed = try #require(
      facts("points_redeemed", ["points": .int(3), "balance_after": .int(4)])
    )
    #expect(redeemed.redeemed == 3 && redeemed.balance == .now(4) && redeemed.redemptions == 1)
    #expect(facts("points_adjusted", ["points": .int(-2)])?.balance == .changed(by: -2))
    #expect(facts("points_earned", ["points": .int(.max)])?.earned == 0, "nobody has so many")
    #expect(facts("points_expired", ["points": .int(1)])?.expiry == LoyaltyFacts.Expiry.none)
    #expect(facts("tier_earned", ["to": .string("gold")])?.tier == "gold")
    #expect(facts("tier_lost", ["from": .string("gold")])?.tier == "")
    #expect(facts("referral_completed")?.referrals == 1)
    #expect(facts("referral_clicked")?.referralClicks == 1)
    #expect(facts("reward_granted") == nil)
  }
}
