extension EventCatalogue {
  /// The rule of any type of third parties, of the catalogue or not. Their applications enrich a
  /// customer, and never change consent.
  static let thirdPartyRule = Enrichment.Rule(
    creates: .always,
    fills: CustomerField.attributes,
    overwrites: [Enrichment.properties]
  )

  /// Templates for common third-party applications. Any other type is equally valid.
  static let thirdPartyTypes: [EventType] = [
    ticket("created", "Ticket created", "The customer asked the help desk."),
    ticket("updated", "Ticket updated", "A ticket of the help desk was changed."),
    ticket("closed", "Ticket closed", "A ticket of the help desk was closed."),
    ticket("rated", "Ticket rated", "The customer rated the help desk's answer."),
    charge("subscription_started", "Subscription started", "A subscription began."),
    charge("subscription_renewed", "Subscription renewed", "A subscription was charged again."),
    charge("subscription_paused", "Subscription paused", "A subscription was paused."),
    charge("subscription_cancelled", "Subscription cancelled", "A subscription was ended."),
    charge("charge_failed", "Charge failed", "A charge for a subscription was refused."),
    shipment("created", "Shipment created", "A shipment was announced to the carrier."),
    shipment("in_transit", "Shipment in transit", "A shipment is on its way."),
    shipment("out_for_delivery", "Out for delivery", "A shipment is on the last stretch."),
    shipment("delivered", "Shipment delivered", "A shipment has arrived."),
    shipment("exception", "Shipment delayed", "Something went wrong with a shipment."),
    quiz("quiz_started", "Quiz started", "The customer began a quiz."),
    quiz("quiz_completed", "Quiz completed", "The customer finished a quiz."),
    quiz("survey_answered", "Survey answered", "The customer answered a survey."),
    quiz(
      "nps_answered",
      "Recommendation score given",
      "The customer said how likely they are to "
        + "recommend the shop."
    ),
    returned("return_requested", "Return requested", "The customer wants to send goods back."),
    returned("return_received", "Return received", "Goods came back."),
    returned("exchange_created", "Exchange created", "Goods are exchanged for others."),
    .app(
      "retail",
      "store_visit",
      "Store visit",
      "The customer visited a store.",
      [.text("location")]
    ),
    .app(
      "retail",
      "pos_purchase",
      "Purchase in store",
      "The customer bought in a store.",
      [.text("location"), .text("register"), .amount, .text("items")]
    ),
    .app(
      "ads",
      "ad_clicked",
      "Advertisement clicked",
      "The customer followed an advertisement.",
      [.campaign, .text("platform"), .text("url")]
    ),
    .app(
      "ads",
      "lead_submitted",
      "Lead submitted",
      "The customer left contact details.",
      [.campaign, .text("platform"), .text("url")]
    ),
    .app(
      "ads",
      "mention_posted",
      "Mention posted",
      "The customer mentioned the shop in public.",
      [.text("platform"), .text("url")]
    ),
    .app(
      "crm",
      "external_email_sent",
      "E-mail sent by another tool",
      "Another application sent the customer an e-mail.",
      [.message, .campaign, .text("subject")]
    ),
    .app(
      "crm",
      "deal_created",
      "Deal created",
      "A deal with the customer was opened.",
      [.text("deal_id"), .amount, .text("stage")]
    ),
  ]

  private static func ticket(
    _ what: String,
    _ label: String,
    _ description: String
  ) -> EventType {
    .app(
      "helpdesk",
      "ticket_\(what)",
      label,
      description,
      [
        .text("ticket_id", required: true), .text("subject", personal: true), .text("status"),
        .text("channel"), .text("agent", personal: true), .count("score"), .text("url"),
      ]
    )
  }

  private static func charge(
    _ name: String,
    _ label: String,
    _ description: String
  ) -> EventType {
    .app(
      "subscriptions",
      name,
      label,
      description,
      [
        .text("subscription_id", required: true), .product, .amount, .time("next_charge_at"),
        .text("reason"),
      ]
    )
  }

  private static func shipment(
    _ what: String,
    _ label: String,
    _ description: String
  ) -> EventType {
    .app(
      "shipping",
      "shipment_\(what)",
      label,
      description,
      [
        .order, .text("carrier"), .text("tracking_number", personal: true), .time("eta"),
        .text("url", personal: true),
      ]
    )
  }

  private static func quiz(_ name: String, _ label: String, _ description: String) -> EventType {
    .app(
      "surveys",
      name,
      label,
      description,
      [
        .text("quiz_id"), .text("result"), .text("answers", personal: true),
        EventField("score", .double),
      ]
    )
  }

  private static func returned(
    _ name: String,
    _ label: String,
    _ description: String
  ) -> EventType {
    .app(
      "returns",
      name,
      label,
      description,
      [.order, .text("return_id", required: true), .text("items"), .text("reason"), .amount]
    )
  }
}
