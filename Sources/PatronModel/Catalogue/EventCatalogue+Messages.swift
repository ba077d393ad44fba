extension EventCatalogue {
  /// Event types about text messages, e-mail, campaigns and flows.
  static let messageTypes: [EventType] = smsTypes + emailTypes + campaignTypes

  private static let smsTypes: [EventType] = [
    .own(
      .sms,
      "sms_sent",
      "SMS sent",
      "A text message was sent.",
      [
        .campaign, .campaignName, .flow, .message, .text("kind"), .count("segments"),
        .text("from"), .text("preview", personal: true),
      ],
      channel: .sms
    ),
    .own(
      .sms,
      "sms_delivered",
      "SMS delivered",
      "The carrier delivered the text message.",
      [.message, .text("carrier_code")],
      channel: .sms
    ),
    .own(
      .sms,
      "sms_failed",
      "SMS failed",
      "The text message could not be delivered. permanent suppresses the number; codes and errors "
        + "of carriers are history only.",
      [.message, .text("carrier_code"), .text("error"), .flag("permanent")],
      channel: .sms,
      rule: Enrichment.Rule(effects: [.consent(.sms, .failed)])
    ),
    .own(
      .sms,
      "sms_clicked",
      "SMS link clicked",
      "The customer followed a link of a text message.",
      [.message, .campaign, .text("link"), .text("short_url")],
      channel: .sms
    ),
    .own(
      .sms,
      "sms_received",
      "SMS reply received",
      "The customer answered by text message. STOP and its like in all languages, as keyword, as "
        + "the first word or the whole of body_excerpt, opt out; elsewhere they may, which is "
        + "warned of and told by sms_possible_opt_out. START gives back what an opt-out took.",
      [.text("body_excerpt", personal: true), .text("keyword")],
      channel: .sms,
      rule: Enrichment.Rule(effects: [.reply(.sms)])
    ),
    .own(
      .sms,
      "sms_possible_opt_out",
      "May have opted out by SMS",
      "A text message of the customer holds a word of opting out and more: somebody should read "
        + "it. It does nothing by itself.",
      [.text("event_id"), .message],
      channel: .sms
    ),
    .own(
      .sms,
      "sms_converted",
      "Ordered after SMS",
      "The customer ordered after a text message.",
      [.message, .campaign, .order, .amount],
      channel: .sms
    ),
  ]

  private static let emailTypes: [EventType] = [
    .own(
      .email,
      "email_sent",
      "E-mail sent",
      "An e-mail was sent.",
      [.campaign, .campaignName, .flow, .message, .text("subject"), .text("kind")],
      channel: .email
    ),
    .own(
      .email,
      "email_delivered",
      "E-mail delivered",
      "The e-mail reached its mailbox.",
      [.message, .campaign],
      channel: .email
    ),
    .own(
      .email,
      "email_opened",
      "E-mail opened",
      "The e-mail was opened, by a person or a program.",
      [.message, .campaign, .flag("machine_open")],
      channel: .email
    ),
    .own(
      .email,
      "email_clicked",
      "E-mail link clicked",
      "The customer followed a link of an e-mail.",
      [.message, .campaign, .text("link")],
      channel: .email
    ),
    .own(
      .email,
      "email_bounced",
      "E-mail bounced",
      "The mailbox refused the e-mail. bounce_type "
        + "\(Enrichment.hardBounces.joined(separator: ", ")) suppresses the address; "
        + "\(Enrichment.softBounces.joined(separator: ", ")) does when "
        + "several come in a row.",
      [
        .message, .text("bounce_type", required: true), .text("smtp_code"),
        .text("diagnostic", personal: true),
      ],
      channel: .email,
      rule: Enrichment.Rule(effects: [.emailBounce])
    ),
    .own(
      .email,
      "email_marked_spam",
      "Marked as spam",
      "The customer reported the e-mail as spam.",
      [.message, .campaign, .text("feedback_loop")],
      channel: .email,
      rule: Enrichment.Rule(effects: [.consent(.email, .markedSpam)])
    ),
    .own(
      .email,
      "email_converted",
      "Ordered after e-mail",
      "The customer ordered after an e-mail.",
      [.message, .campaign, .order, .amount],
      channel: .email
    ),
  ]

  private static let campaignTypes: [EventType] = [
    .own(
      .campaigns,
      "campaign_sent",
      "Campaign sent",
      "A campaign was sent to the customer.",
      [.campaign, .campaignName, .text("channel"), .message]
    ),
    .own(
      .campaigns,
      "message_skipped",
      "Message skipped",
      "A message was not sent: not subscribed, suppressed, quiet hours, sent enough, no address.",
      [.text("reason", required: true), .campaign, .flow, .text("channel")]
    ),
    .own(
      .campaigns,
      "flow_entered",
      "Flow entered",
      "The customer entered an automated flow.",
      [.flow, .text("name"), .text("trigger")]
    ),
    .own(
      .campaigns,
      "flow_exited",
      "Flow exited",
      "The customer left an automated flow.",
      [.flow, .text("name"), .text("reason")]
    ),
  ]
}
