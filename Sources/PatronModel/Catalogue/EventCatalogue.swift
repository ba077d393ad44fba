/// The catalogue of known event types.
package enum EventCatalogue {
  /// All types by source, in reading order. Those of third parties are templates: any other type is
  /// equally valid.
  package static let types: [EventType] =
    storefrontTypes + orderTypes + subscriptionTypes + messageTypes + reviewTypes + loyaltyTypes
    + profileTypes + thirdPartyTypes

  /// Returns the type called `name` of `source`, or nil if it is unknown.
  package static func type(_ name: String, of source: EventSource) -> EventType? {
    index[Key(source: source, name: name)]
  }

  package static func types(of source: EventSource) -> [EventType] {
    types.filter { $0.source == source }
  }

  package static func names(of source: EventSource) -> [String] {
    namesBySource[source] ?? []
  }

  private struct Key: Hashable {
    let source: EventSource
    let name: String
  }

  private static let index: [Key: EventType] = Dictionary(
    types.map { (Key(source: $0.source, name: $0.name), $0) },
    uniquingKeysWith: { first, _ in first }
  )

  private static let namesBySource = Dictionary(grouping: types, by: \.source)
    .mapValues { $0.map(\.name) }
}

extension EventField {
  static let order = EventField("order_external_id", .string, place: .reference)
  static let theOrder = EventField("order_external_id", .string, place: .reference, required: true)
  static let product = EventField("product_id", .string, place: .reference)
  static let theProduct = EventField("product_id", .string, place: .reference, required: true)
  static let checkout = EventField("checkout_token", .string, place: .reference)
  static let theCheckout = EventField(
    "checkout_token",
    .string,
    place: .reference,
    required: true
  )
  static let campaign = EventField("campaign_id", .string, place: .reference)
  static let campaignName = EventField("campaign_name", .string, place: .reference)
  static let flow = EventField("flow_id", .string, place: .reference)
  static let message = EventField("message_id", .string, place: .reference)
  static let review = EventField("review_id", .string, place: .reference)
  static let theReview = EventField("review_id", .string, place: .reference, required: true)
  static let amount = EventField("amount", .money, place: .amount)

  static func text(_ name: String, required: Bool = false, personal: Bool = false) -> EventField {
    EventField(name, .string, required: required, personal: personal)
  }

  static func flag(_ name: String) -> EventField { EventField(name, .bool) }

  static func count(
    _ name: String,
    required: Bool = false,
    in range: ClosedRange<Int64>? = nil
  ) -> EventField {
    EventField(name, .int, required: required, range: range)
  }

  static func time(_ name: String) -> EventField { EventField(name, .timestamp) }
}

extension EventType {
  /// Makes a type of the e-commerce platform.
  static func shop(
    _ name: String,
    _ label: String,
    _ description: String,
    _ fields: [EventField],
    rule: Enrichment.Rule = .none
  ) -> EventType {
    EventType(
      name: name,
      source: .ecommerce,
      label: label,
      description: description,
      fields: fields,
      rule: rule
    )
  }

  /// Makes a type of an own product.
  static func own(
    _ product: EventProduct,
    _ name: String,
    _ label: String,
    _ description: String,
    _ fields: [EventField],
    channel: Channel? = nil,
    rule: Enrichment.Rule = .none
  ) -> EventType {
    EventType(
      name: name,
      source: .product,
      product: product,
      label: label,
      description: description,
      channel: channel,
      fields: fields,
      rule: rule
    )
  }

  /// Makes a template for third-party applications.
  static func app(
    _ application: String,
    _ name: String,
    _ label: String,
    _ description: String,
    _ fields: [EventField]
  ) -> EventType {
    EventType(
      name: name,
      source: .thirdParty,
      application: application,
      label: label,
      description: description,
      fields: fields,
      rule: EventCatalogue.thirdPartyRule
    )
  }
}
