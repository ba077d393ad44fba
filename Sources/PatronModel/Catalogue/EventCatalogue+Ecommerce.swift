extension EventCatalogue {
  private static let names = ["first_name", "last_name"]
  private static let reached =
    names + ["phone_number", "address", "default_currency"]
  private static let checkout = Enrichment.Rule(
    creates: .always,
    fills: reached,
    flagSource: "checkout"
  )

  /// Event types about accounts, baskets and products of the shop.
  static let storefrontTypes: [EventType] = [
    .shop(
      "account_created",
      "Account created",
      "The customer opened an account with the shop.",
      [.time("account_created_at"), .text("account_status")],
      rule: Enrichment.Rule(
        creates: .always,
        fills: names + ["email", "phone_number"],
        overwrites: ["external_id", "account_created_at", "account_status"],
        flagSource: "event",
        effects: [
          .accountCreatedAt(property: "account_created_at"),
          .accountStatus(property: "account_status"),
          .accountOpening,
        ]
      )
    ),
    .shop(
      "account_status_changed",
      "Account status changed",
      "The account was enabled, disabled, invited or declined.",
      [.text("from"), .text("to", required: true)],
      rule: Enrichment.Rule(
        overwrites: ["account_status"],
        effects: [.accountStatus(property: "to")]
      )
    ),
    .shop(
      "account_updated",
      "Account updated",
      "The customer's account was changed in the shop.",
      [.text("changed_fields")]
    ),
    .shop(
      "account_deleted",
      "Account deleted",
      "The account was removed from the shop.",
      [.text("reason")]
    ),
    .shop(
      "customer_synced",
      "Customer synced",
      "The shop sent the customer's record.",
      [.flag("created"), .text("changed_fields"), .text("platform")]
    ),
    .shop(
      "checkout_started",
      "Checkout started",
      "The customer began to check out.",
      [.theCheckout, .amount, .text("line_items"), .text("landing_site_url", personal: true)],
      rule: checkout
    ),
    .shop(
      "checkout_abandoned",
      "Checkout abandoned",
      "The customer left without ordering.",
      [
        .theCheckout, .amount, .text("line_items"), .time("abandoned_at"),
        .text("abandoned_checkout_url", personal: true),
      ],
      rule: checkout
    ),
    .shop(
      "checkout_recovered",
      "Checkout recovered",
      "An abandoned checkout became an order.",
      [.theCheckout, .order, .campaign]
    ),
    .shop(
      "cart_updated",
      "Cart updated",
      "The customer changed the basket.",
      [.product, .text("variant"), .count("quantity"), .amount]
    ),
    .shop(
      "added_to_cart",
      "Added to cart",
      "The customer put a product into the basket.",
      [.theProduct, .text("variant"), .count("quantity"), .amount]
    ),
    .shop(
      "product_viewed",
      "Product viewed",
      "The customer looked at a product.",
      [.theProduct, .text("name"), .text("url"), .amount]
    ),
    .shop(
      "back_in_stock_requested",
      "Back in stock requested",
      "The customer wants to hear when a product is available again.",
      [.theProduct, .text("variant")]
    ),
    .shop(
      "discount_used",
      "Discount used",
      "The customer redeemed a discount code.",
      [.text("code", required: true), .amount, .order]
    ),
  ]

  private static let bySync =
    "Told by SyncOrder it changes order_stats; recorded by itself it does not."

  /// Event types about orders, shipments and product subscriptions.
  static let orderTypes: [EventType] = [
    .shop(
      "order_placed",
      "Order placed",
      "The customer ordered. \(bySync)",
      [
        .theOrder, .amount, .text("order_name"), .count("item_count"), .count("line_item_count"),
        .text("line_items"), .text("payment_status"), .text("discount_codes"), .checkout,
        .flag("first_order"), .count("order_number_for_customer"),
      ],
      rule: Enrichment.Rule(
        creates: .always,
        fills: reached + ["default_language"],
        flagSource: "checkout",
        changesOrderStats: true
      )
    ),
    .shop(
      "order_updated",
      "Order updated",
      "The order was changed. \(bySync)",
      [
        .theOrder, .amount, .text("changes"), .text("payment_status"), .text("fulfillment_status"),
      ],
      rule: Enrichment.Rule(changesOrderStats: true)
    ),
    .shop(
      "order_paid",
      "Order paid",
      "The whole price of the order was paid.",
      [.theOrder, .amount, .text("payment_method"), .text("payment_status")]
    ),
    .shop(
      "order_payment_failed",
      "Payment failed",
      "A payment for the order was refused.",
      [.theOrder, .amount, .text("payment_method"), .text("payment_status")]
    ),
    .shop(
      "order_cancelled",
      "Order cancelled",
      "The order was called off. \(bySync)",
      [.theOrder, .time("cancellation_date"), .text("reason")],
      rule: Enrichment.Rule(changesOrderStats: true)
    ),
    .shop(
      "order_refunded",
      "Order refunded",
      "Money went back to the customer. \(bySync)",
      [
        .theOrder, .amount, .text("refund_id"), .flag("full"), .text("items"), .text("reason"),
        .text("payment_status"),
      ],
      rule: Enrichment.Rule(changesOrderStats: true)
    ),
    .shop(
      "order_fulfilled",
      "Order fulfilled",
      "Everything that was ordered has been sent.",
      shipment
    ),
    .shop(
      "order_partially_fulfilled",
      "Order partially fulfilled",
      "Part of the order has been sent.",
      shipment
    ),
    .shop(
      "shipment_status_changed",
      "Shipment status changed",
      "The carrier reported on a shipment.",
      shipment + [.text("from"), .text("to", required: true)]
    ),
    .shop(
      "order_delivered",
      "Order delivered",
      "The order has arrived.",
      [.theOrder, .time("delivered_at")]
    ),
    recurring("started", "Subscription started", "The customer subscribed to a product."),
    recurring("renewed", "Subscription renewed", "A subscription to a product was charged again."),
    recurring("skipped", "Subscription skipped", "The customer skipped a delivery."),
    recurring("paused", "Subscription paused", "A subscription to a product was paused."),
    recurring("cancelled", "Subscription cancelled", "A subscription to a product was ended."),
  ]

  private static let shipment: [EventField] = [
    .theOrder, .text("fulfillment_id"), .text("items"), .text("tracking_company"),
    .text("tracking_number", personal: true), .text("tracking_url", personal: true),
  ]

  private static func recurring(
    _ what: String,
    _ label: String,
    _ description: String
  ) -> EventType {
    .shop(
      "subscription_order_\(what)",
      label,
      description,
      [
        .text("subscription_id", required: true), .text("interval"), .time("next_charge_at"),
        .product, .order,
      ]
    )
  }
}
