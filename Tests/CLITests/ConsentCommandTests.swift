import PatronClient
import Testing

@testable import patron

/// Tests of the requests and output of `patron consent`.
struct ConsentCommandTests {
  private static let change = SubscriptionChange.with {
    $0.channel = .sms
    $0.topic = .marketing
    $0.before = .neverSubscribed
    $0.after = .pending
    $0.ledgerID = 9
  }

  @Test func subscribeTakesEveryFlag() async throws {
    let server = FakeServer()
    server.on(CustomerService.subscribeCustomer) { _ in
      .with {
        $0.customer = .with { $0.id = 7 }
        $0.changes = [Self.change]
        $0.outcome = .created
        $0.confirmationToken = "TOKEN"
        $0.warnings = [
          .with {
            $0.reason = "CONSENT_OUTDATED"
            $0.message = "older"
          }
        ]
      }
    }
    let outcome = try await patron(
      [
        "consent", "subscribe", "--external-id", "42", "--phone", "415 555 0100", "--first-name",
        "Ada", "--channel", "sms", "--channel", "email", "--topic", "marketing,review-requests",
        "--source", "welcome_popup", "--at", "2024-05-31", "--method", "form",
        "--ip", "192.0.2.1", "--user-agent", "Browser", "--page-url", "https://shop.example",
        "--wording", "Yes.", "--wording-version", "v2", "--form-id", "f1", "--jurisdiction",
        "GDPR", "--expires-at", "2034-05-31", "--note", "n", "--by", "customer",
        "--double-opt-in", "true", "--default-country", "US", "--store", "shop",
      ],
      server: server
    )
    #expect(outcome.status == 0, "\(outcome.err)")
    var request = try #require(
      try server.requests(SubscribeCustomerRequest.self, "SubscribeCustomer").first
    )
    #expect(request.requestID.utf8.count == 32)
    request.requestID = ""
    #expect(
      try request.json() == """
        {"storeId":"shop","customer":{"externalId":"42","phoneNumber":"415 555 0100",\
        "firstName":"Ada"},"channels":["CHANNEL_SMS","CHANNEL_EMAIL"],\
        "topics":["TOPIC_MARKETING","TOPIC_REVIEW_REQUESTS"],\
        "evidence":{"occurredAt":"2024-05-31T00:00:00Z","source":"welcome_popup",\
        "method":"CONSENT_METHOD_FORM","ip":"192.0.2.1","userAgent":"Browser",\
        "pageUrl":"https://shop.example","consentText":"Yes.","consentTextVersion":"v2",\
        "formId":"f1","jurisdiction":"GDPR","expiresAt":"2034-05-31T00:00:00Z","note":"n"},\
        "actor":"ACTOR_CUSTOMER","doubleOptIn":true,"defaultCountry":"US"}
        """
    )
    #expect(
      outcome.out == """
        created  customer 7
          sms, marketing: never subscribed → pending
        to be confirmed: patron consent confirm TOKEN
        warning: older (CONSENT_OUTDATED)

        """
    )
  }

  @Test func theOperatorActsUnlessSaidOtherwise() async throws {
    let server = FakeServer()
    server.on(CustomerService.subscribeCustomer) { _ in .with { $0.outcome = .unchanged } }
    server.on(CustomerService.unsubscribeCustomer) { _ in
      .with { $0.customer = .with { $0.id = 7 } }
    }
    let subscribe = try await patron(
      [
        "consent", "subscribe", "--external-id", "42", "--channel", "sms", "--source",
        "welcome_popup",
      ],
      server: server
    )
    #expect(subscribe.out == "unchanged\n", "\(subscribe.err)")
    let unsubscribe = try await patron(
      ["consent", "unsubscribe", "--phone", "+14155550100", "--channel", "sms"],
      server: server
    )
    #expect(unsubscribe.out == "unchanged  customer 7\n", "\(unsubscribe.err)")
    let first = try server.requests(SubscribeCustomerRequest.self, "SubscribeCustomer").first
    #expect(first?.actor == .operator && first?.doubleOptIn == nil)
    let second = try server.requests(UnsubscribeCustomerRequest.self, "UnsubscribeCustomer").first
    #expect(second?.actor == .operator && second?.evidence == nil)
    #expect(second?.customer == .phoneNumber("+14155550100"))
  }

  @Test func confirmAndUnsubscribeShowWhatChanged() async throws {
    let server = FakeServer()
    server.on(CustomerService.confirmSubscription) { _ in
      .with {
        $0.customer = .with { $0.id = 7 }
        $0.changes = [Self.change]
      }
    }
    server.on(CustomerService.unsubscribeCustomer) { _ in UnsubscribeCustomerResponse() }
    let confirm = try await patron(
      ["consent", "confirm", "TOKEN", "--ip", "192.0.2.1"],
      server: server
    )
    #expect(
      confirm.out == "updated  customer 7\n  sms, marketing: never subscribed → pending\n"
    )
    let sent = try server.requests(ConfirmSubscriptionRequest.self, "ConfirmSubscription").first
    #expect(sent?.confirmationToken == "TOKEN" && sent?.evidence?.ip == "192.0.2.1")
    #expect(sent?.channels == [])
    _ = try await patron(["consent", "confirm", "TOKEN", "--channel", "email"], server: server)
    let one = try server.requests(ConfirmSubscriptionRequest.self, "ConfirmSubscription").last
    #expect(one?.channels == [.email])
    let out = try await patron(
      [
        "consent", "unsubscribe", "--email", "a@example.com", "--channel", "email", "--by",
        "customer", "--topic", "loyalty", "--source", "footer_link",
      ],
      server: server
    )
    #expect(out.out == "no customer has that address: it is suppressed\n")
    let request = try server.requests(UnsubscribeCustomerRequest.self, "UnsubscribeCustomer").first
    #expect(request?.actor == .customer && request?.topics == [.loyalty])
    #expect(request?.evidence?.source == "footer_link")
  }

  @Test func anAgreementThatGrewSaysWhatItIsNow() async throws {
    let server = FakeServer()
    server.on(CustomerService.subscribeCustomer) { _ in
      .with {
        $0.customer = .with {
          $0.id = 7
          $0.subscriptions = [
            .with {
              $0.channel = .sms
              $0.topic = .marketing
              $0.state = .subscribed
              $0.changedBy = .customer
              $0.optInLevel = .single
              $0.expiresAt = .with { $0.seconds = 1_800_000_000 }
            }
          ]
        }
        $0.changes = [
          .with {
            $0.channel = .sms
            $0.topic = .marketing
            $0.before = .subscribed
            $0.after = .subscribed
          }
        ]
        $0.outcome = .updated
      }
    }
    let outcome = try await patron(
      "consent",
      "subscribe",
      "--external-id",
      "42",
      "--channel",
      "sms",
      "--source",
      "popup",
      "--by",
      "customer",
      server: server
    )
    #expect(
      outcome.out == """
        updated  customer 7
          sms, marketing: subscribed, renewed: by customer, single, until 2027-01-15

        """,
      "\(outcome.err)"
    )
  }

  @Test func anOptOutThatChangesNothingSaysSo() async throws {
    let server = FakeServer()
    server.on(CustomerService.unsubscribeCustomer) { request in
      .with {
        $0.outcome = .unchanged
        guard request.customer == .externalID("42") else { return }
        $0.customer = .with { $0.id = 7 }
        $0.warnings = [
          .with {
            $0.reason = "CONSENT_OUTDATED"
            $0.message = "older"
          }
        ]
      }
    }
    let known = try await patron(
      ["consent", "unsubscribe", "--external-id", "42", "--channel", "sms"],
      server: server
    )
    #expect(known.out == "unchanged  customer 7\nwarning: older (CONSENT_OUTDATED)\n")
    let unknown = try await patron(
      ["consent", "unsubscribe", "--phone", "+14155550100", "--channel", "sms"],
      server: server
    )
    #expect(unknown.out == "no customer has that address: it is suppressed already\n")
  }

  @Test func showTellsOfAnAddressThatNoCustomerHas() async throws {
    let server = FakeServer()
    server.on(CustomerService.getCustomer) { _ throws(RPCError) in
      let info = GoogleRPC.ErrorInfo.with { $0.reason = "CUSTOMER_NOT_FOUND" }
      throw RPCError(
        code: .notFound,
        message: "no such customer",
        details: [
          StatusDetail(
            typeURL: "type.googleapis.com/google.rpc.ErrorInfo",
            value: try FakeServer.encode(info)
          )
        ]
      )
    }
    server.on(CustomerService.getAddressStatus) { _ in .with { $0.channels = [Self.suppressed] } }
    let shown = try await patron(
      "consent",
      "show",
      "--email",
      "a@example.com",
      server: server
    )
    #expect(shown.status == 0 && shown.err == "no customer has that address\n", "\(shown.err)")
    #expect(shown.out.contains("suppressed (hard bounce"))
    let asked = try server.requests(GetAddressStatusRequest.self, "GetAddressStatus").first
    #expect(asked?.address == .email("a@example.com"))
    let byID = try await patron("consent", "show", "--external-id", "42", server: server)
    #expect(byID.status == 64 + 5)
  }

  private static let suppressed = ChannelStatus.with {
    $0.channel = .email
    $0.topic = .marketing
    $0.state = .subscribed
    $0.subscribedAt = .with { $0.seconds = 1_700_000_000 }
    $0.changedAt = .with { $0.seconds = 1_700_000_000 }
    $0.source = "welcome_popup"
    $0.suppressions = [
      .with {
        $0.reason = .hardBounce
        $0.suppressedAt = .with { $0.seconds = 1_710_000_000 }
      }
    ]
    $0.blockReasons = [.suppressed]
  }

  @Test func suppressAndUnsuppress() async throws {
    let server = FakeServer()
    server.on(CustomerService.suppressCustomer) { _ in
      .with {
        $0.customer = .with { $0.id = 7 }
        $0.channels = [Self.suppressed]
        $0.outcome = .updated
      }
    }
    server.on(CustomerService.unsuppressCustomer) { _ in .with { $0.outcome = .unchanged } }
    let suppress = try await patron(
      [
        "consent", "suppress", "--external-id", "42", "--channel", "email", "--reason",
        "hard-bounce", "--at", "2024-03-09T16:00Z", "--source", "mailer", "--note", "550", "--by",
        "system",
      ],
      server: server
    )
    #expect(
      suppress.out == """
        updated  customer 7
          E-mail: subscribed since 2023-11-14 (welcome_popup), suppressed since 2024-03-09 (hard \
        bounce); may send: no: suppressed

        """,
      "\(suppress.err)"
    )
    let request = try server.requests(SuppressCustomerRequest.self, "SuppressCustomer").first
    #expect(
      try request?.json() == """
        {"customer":{"externalId":"42"},"channels":["CHANNEL_EMAIL"],\
        "reason":"SUPPRESSION_REASON_HARD_BOUNCE","suppressedAt":"2024-03-09T16:00:59.999999Z",\
        "note":"550","source":"mailer","actor":"ACTOR_SYSTEM"}
        """
    )
    let lift = try await patron(
      [
        "consent", "unsuppress", "--email", "a@example.com", "--channel", "email,sms", "--reason",
        "manual, policy", "--note", "n",
      ],
      server: server
    )
    #expect(lift.out == "unchanged  an address that no customer has\n", "\(lift.err)")
    let lifted = try server.requests(UnsuppressCustomerRequest.self, "UnsuppressCustomer").first
    #expect(lifted?.reasons == [.manual, .policy] && lifted?.actor == .operator)
    #expect(lifted?.channels == [.email, .sms])
  }

  @Test func showTellsWhatForbids() async throws {
    let server = FakeServer()
    server.on(CustomerService.getCustomer) { _ in
      .with {
        $0.customer = .with { $0.id = 7 }
        $0.channels = [
          .with {
            $0.channel = .sms
            $0.topic = .marketing
            $0.state = .neverSubscribed
            $0.blockReasons = [.noAddress, .neverSubscribed]
          }, Self.suppressed,
        ]
      }
    }
    let table = try await patron("consent", "show", "--external-id", "42", server: server)
    #expect(
      table.out == """
        CHANNEL  TOPIC      STATE             SINCE       SOURCE         MAY SEND  BECAUSE
        sms      marketing  never subscribed                             no        no address, never subscr…
        email    marketing  subscribed        2023-11-14  welcome_popup  no        suppressed (hard bounce …

        """,
      "\(table.err)"
    )
    #expect(try server.requests(GetCustomerRequest.self, "GetCustomer").first?.view == .full)
    let lines = try await patron(
      ["consent", "show", "--external-id", "42", "-o", "ndjson"],
      server: server
    )
    #expect(lines.out.split(separator: "\n").count == 2)
    let json = try await patron(
      ["consent", "show", "--external-id", "42", "-o", "json"],
      server: server
    )
    #expect(try GetCustomerResponse(json: json.out).channels.count == 2)
  }

  /// A server whose ledger has `count` rows.
  private func ledger(_ count: Int) -> FakeServer {
    let server = FakeServer()
    server.on(CustomerService.listConsentHistory) { request in
      let start = Int(request.pageToken) ?? 0
      let end = min(count, start + Int(request.pageSize))
      return .with {
        $0.records = (start..<end).map { index in
          .with {
            $0.id = Int64(count - index)
            $0.channel = .sms
            $0.topic = .marketing
            $0.previousState = .subscribed
            $0.state = index == 0 ? .subscribed : .unsubscribed
            $0.action = index == 0 ? .suppress : .unsubscribe
            $0.suppressionReason = index == 0 ? .manual : .unspecified
            $0.actor = .operator
            $0.occurredAt = .with { $0.seconds = 1_700_000_000 }
            $0.evidence = .with { $0.note = "n" }
          }
        }
        $0.nextPageToken = end < count ? String(end) : ""
      }
    }
    return server
  }

  @Test func historyGoesThroughPages() async throws {
    let server = ledger(250)
    let table = try await patron(
      ["consent", "history", "--id", "7", "--channel", "sms", "--limit", "2"],
      server: server
    )
    #expect(
      table.out == """
        ROW  WHEN              CHANNEL  TOPIC      WHAT                       BY        NOTE
        250  2023-11-14 22:13  sms      marketing  suppressed: manual         operator  n
        249  2023-11-14 22:13  sms      marketing  subscribed → unsubscribed  operator  n

        """,
      "\(table.err)"
    )
    #expect(table.err == "there are more: --page-token 2, or --all\n")
    // The state column is never cut, even on a narrow terminal.
    let narrow = try await patron(
      ["consent", "history", "--id", "7", "--limit", "2"],
      server: server,
      columns: 60
    )
    #expect(narrow.out.contains("subscribed → unsubscribed  operator"), "\(narrow.out)")
    let all = try await patron(
      ["consent", "history", "--id", "7", "--all", "-o", "ndjson"],
      server: server
    )
    #expect(all.out.split(separator: "\n").count == 250)
    let json = try await patron(
      ["consent", "history", "--id", "7", "--limit", "120", "-o", "json"],
      server: server
    )
    #expect(try ListConsentHistoryResponse(json: json.out).records.count == 120)
    let none = try await patron("consent", "history", "--id", "7", server: ledger(0))
    #expect(none.out.isEmpty && none.err == "no consent was ever given or withdrawn\n")
  }

  @Test func historyShowsHowAndSpreadsheetsTakeAllOfIt() async throws {
    let server = FakeServer()
    server.on(CustomerService.listConsentHistory) { _ in
      .with {
        $0.records = [
          .with {
            $0.id = 5
            $0.channel = .email
            $0.topic = .marketing
            $0.previousState = .subscribed
            $0.state = .subscribed
            $0.action = .subscribe
            $0.actor = .customer
            $0.optInLevel = .confirmed
            $0.address = "a@example.com"
            $0.author = .with {
              $0.keyID = "k7"
              $0.onBehalfOf = "agent7"
            }
            $0.occurredAt = .with { $0.seconds = 1_700_000_000 }
            $0.evidence = .with {
              $0.source = "popup"
              $0.method = .form
              $0.ip = "192.0.2.1"
              $0.consentText = "Yes, write."
              $0.pageURL = "https://shop.example"
            }
          }
        ]
      }
    }
    let table = try await patron("consent", "history", "--id", "7", server: server, columns: 140)
    #expect(
      table.out.contains(
        "subscribed, renewed  customer  agent7  popup   form, confirmed, 192.0.2.1"
      ),
      "\(table.out)"
    )
    let csv = try await patron("consent", "history", "--id", "7", "-o", "csv", server: server)
    #expect(csv.status == 0 && csv.err.isEmpty, "\(csv.err)")
    #expect(csv.out.hasPrefix("id,occurred_at,recorded_at,channel,topic,address,action,"))
    #expect(
      csv.out.contains(
        "\r\n5,2023-11-14T22:13:20Z,,email,marketing,a@example.com,subscribe,subscribed,"
          + "subscribed,,customer,confirmed,popup,form,192.0.2.1,,https://shop.example,"
          + "\"Yes, write.\",,,,,,,k7,agent7\r\n"
      ),
      "\(csv.out)"
    )
  }

  @Test(arguments: [
    ["consent", "subscribe", "--external-id", "42", "--channel", "sms"],
    ["consent", "subscribe", "--external-id", "42", "--source", "popup"],
    ["consent", "subscribe", "--channel", "sms", "--source", "popup"],
    [
      "consent", "subscribe", "--id", "1", "--channel", "sms", "--source", "popup", "--historical",
    ],
    ["consent", "unsubscribe", "--id", "1"], ["consent", "unsubscribe", "--channel", "sms"],
    ["consent", "suppress", "--id", "1", "--channel", "fax"],
    ["consent", "unsuppress", "--id", "1", "--channel", "sms", "--reason", "mood"],
    ["consent", "history", "--id", "1", "--limit", "0"], ["consent", "confirm"],
    ["consent", "subscribe", "--id", "1", "--channel", "sms", "--source", "x", "--by", "me"],
    ["settings", "set"], ["settings", "set", "--sms-double-opt-in", "perhaps"],
  ])
  func wrongUsageIsStatus2(_ arguments: [String]) async throws {
    let server = FakeServer()
    let outcome = try await patron(arguments, server: server)
    #expect(outcome.status == 2, "\(outcome.err)")
    #expect(!outcome.err.isEmpty && outcome.out.isEmpty && server.calls.isEmpty)
  }

  @Test func everyVerbHasHelpWithExamples() async throws {
    let verbs = [
      "show", "subscribe", "confirm", "unsubscribe", "suppress", "unsuppress", "history",
    ]
    for verb in verbs {
      let help = try await patron("consent", verb, "--help")
      #expect(help.status == 0 && help.out.contains("patron consent \(verb)"), "\(verb)")
    }
  }
}

struct SettingsCommandTests {
  private static let settings = StoreSettings.with {
    $0.smsDoubleOptIn = true
    $0.defaultCountry = "US"
    $0.softBounceThreshold = 5
    $0.sharedIdentifiers = .with { $0.values = ["+14155550100", "till@example.com"] }
    $0.sharedPhoneThreshold = 5
  }

  static let card = """
    SMS double opt-in               yes
    e-mail double opt-in            no
    default country                 US
    currency                        none
    recreate after erasure          no
    soft bounce threshold           5
    shared identifiers              +14155550100, till@example.com
    shared phone threshold          5
    limits                          those of the server
    allowed external ids            none
    time zone                       none
    opt-out words                   none
    opt-in words                    none
    carry consent to a new address  no

    """

  @Test func showAndSet() async throws {
    let server = FakeServer()
    server.on(CustomerService.getStoreSettings) { _ in .with { $0.settings = Self.settings } }
    server.on(CustomerService.updateStoreSettings) { _ in .with { $0.settings = Self.settings } }
    let shown = try await patron("settings", "show", "--store", "shop", server: server)
    #expect(shown.out == Self.card)
    let set = try await patron(
      ["settings", "set", "--sms-double-opt-in", "true", "--default-country", ""],
      server: server
    )
    #expect(set.out == Self.card, "\(set.err)")
    let request = try server.requests(UpdateStoreSettingsRequest.self, "UpdateStoreSettings").first
    #expect(request?.updateMask?.paths == ["sms_double_opt_in", "default_country"])
    let given = StoreSettings.with {
      $0.smsDoubleOptIn = true
      $0.defaultCountry = ""
    }
    #expect(request?.settings == given)
    let all = try await patron(
      [
        "settings", "set", "--email-double-opt-in", "yes", "--currency", "EUR",
        "--allow-recreate-after-erasure", "true", "--soft-bounce-threshold", "3", "-o", "json",
      ],
      server: server
    )
    #expect(try UpdateStoreSettingsResponse(json: all.out).settings == Self.settings)
    let second = try server.requests(UpdateStoreSettingsRequest.self, "UpdateStoreSettings").last
    #expect(second?.settings?.softBounceThreshold == 3 && second?.updateMask?.paths.count == 4)
    _ = try await patron(
      [
        "settings", "set", "--shared-identifiers", "till@example.com,+14155550100",
        "--shared-phone-threshold", "9", "--allowed-external-ids", "",
      ],
      server: server
    )
    let third = try server.requests(UpdateStoreSettingsRequest.self, "UpdateStoreSettings").last
    #expect(third?.settings?.sharedIdentifiers?.values == ["till@example.com", "+14155550100"])
    #expect(third?.settings?.sharedPhoneThreshold == 9)
    #expect(third?.settings?.allowedExternalIDs?.values == [])
    #expect(
      third?.updateMask?.paths == [
        "shared_identifiers", "shared_phone_threshold", "allowed_external_ids",
      ]
    )
    let words = try await patron(
      [
        "settings", "set", "--timezone", "Europe/Berlin", "--opt-out-word", "weg",
        "--opt-out-word", "fort", "--opt-in-word", "",
      ],
      server: server
    )
    #expect(words.status == 0, "\(words.err)")
    let fourth = try server.requests(UpdateStoreSettingsRequest.self, "UpdateStoreSettings").last
    #expect(fourth?.updateMask?.paths == ["time_zone", "opt_out_words", "opt_in_words"])
    #expect(fourth?.settings?.timeZone == "Europe/Berlin")
    #expect(fourth?.settings?.optOutWords?.values == ["weg", "fort"])
    #expect(fourth?.settings?.optInWords?.values == [])
  }
}
