extension EventCatalogue {
  /// Event types about consent, suppression, forms and lists.
  static let subscriptionTypes: [EventType] =
    [
      subscribed(.sms, "Subscribed to SMS", fills: "phone_number"),
      subscribed(.email, "Subscribed to e-mail", fills: "email"),
    ] + consentTypes(.sms, "SMS") + consentTypes(.email, "e-mail") + [
      .own(
        .subscriptionTools,
        "subscription_form_viewed",
        "Form viewed",
        "The customer saw a subscription form.",
        [.text("form_id"), .text("page_url")]
      ),
      .own(
        .subscriptionTools,
        "subscription_form_submitted",
        "Form submitted",
        "The customer sent a subscription form.",
        [.text("form_id"), .text("page_url")]
      ),
      .own(
        .subscriptionTools,
        "list_added",
        "Added to list",
        "The customer was put on a list.",
        [.text("list_id", required: true), .text("list_name"), .text("actor")]
      ),
      .own(
        .subscriptionTools,
        "list_removed",
        "Removed from list",
        "The customer was taken off a list.",
        [.text("list_id", required: true), .text("list_name"), .text("actor")]
      ),
      .own(
        .subscriptionTools,
        "consent_imported",
        "Consent imported",
        "A consent came with an import of older records. It is history only: use ImportCustomers.",
        [
          .text("channel"), .text("topic"), .text("state", required: true), .time("consented_at"),
          .text("job_id"),
        ]
      ),
    ]

  private static func subscribed(
    _ channel: Channel,
    _ label: String,
    fills address: String
  ) -> EventType {
    .own(
      .subscriptionTools,
      "\(channel.name)_subscribed",
      label,
      "The customer agreed to messages of this channel.",
      [
        .text("source"), .text("list_ids"), .text("opt_in_level"), .count("ledger_id"),
        .text("form_id"), .text("keyword"), .text("topic"),
      ],
      channel: channel,
      rule: Enrichment.Rule(
        creates: .always,
        fills: ["first_name", "last_name", address],
        effects: [.consent(channel, .subscribed)]
      )
    )
  }

  private static func consentTypes(_ channel: Channel, _ label: String) -> [EventType] {
    let id = channel.name
    return [
      .own(
        .subscriptionTools,
        "\(id)_opt_in_requested",
        "Opt-in to \(label) requested",
        "The customer asked for messages and is to confirm.",
        [.time("confirmation_sent_at"), .time("expires_at"), .text("source"), .text("topic")],
        channel: channel,
        rule: Enrichment.Rule(effects: [.consent(channel, .optInRequested)])
      ),
      .own(
        .subscriptionTools,
        "\(id)_opt_in_confirmed",
        "Opt-in to \(label) confirmed",
        "The customer confirmed the request from the address itself.",
        [
          .time("requested_at"), .time("confirmed_at"), .text("ip", personal: true),
          .text("topic"),
        ],
        channel: channel,
        rule: Enrichment.Rule(effects: [.consent(channel, .optInConfirmed)])
      ),
      .own(
        .subscriptionTools,
        "\(id)_unsubscribed",
        "Unsubscribed from \(label)",
        "The customer, or somebody for them, opted out.",
        [
          .text("method"), .text("keyword"), .text("actor"), .campaign, .text("source"),
          .text("topic"),
        ],
        channel: channel,
        rule: Enrichment.Rule(effects: [.consent(channel, .unsubscribed)])
      ),
      .own(
        .subscriptionTools,
        "\(id)_suppressed",
        "Suppressed for \(label)",
        "The address must not be written to any more.",
        [.text("reason", required: true), .text("detail_code"), .text("source")],
        channel: channel,
        rule: Enrichment.Rule(effects: [.consent(channel, .suppressed)])
      ),
      .own(
        .subscriptionTools,
        "\(id)_unsuppressed",
        "No longer suppressed for \(label)",
        "A suppression of the address was lifted. Recorded by a product, it is history only: use "
          + "UnsuppressCustomer.",
        [.text("actor"), .text("previous_reason")],
        channel: channel,
        rule: Enrichment.Rule(effects: [.consent(channel, .unsuppressed)])
      ),
      .own(
        .subscriptionTools,
        "\(id)_consent_reset",
        channel == .sms ? "SMS consent reset: other number" : "E-mail consent reset: other address",
        "The address was replaced or removed, and consent does not go along: the state is that of "
          + "the new address. Recorded by a product, it is history only.",
        [
          .text("topic"), .text("previous_state"), .text("state"), .text("source"),
          .count("ledger_id"),
        ],
        channel: channel
      ),
    ]
  }
}
