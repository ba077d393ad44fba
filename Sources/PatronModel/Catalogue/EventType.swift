/// The kind of value in an event field. Raw values are the names in the protocol.
package enum EventFieldKind: String, Sendable, Hashable, CaseIterable {
  /// Text. Several values in one field are joined by commas.
  case string
  case bool
  /// A whole number.
  case int
  /// A finite number.
  case double
  /// An instant.
  case timestamp
  /// A calendar date.
  case date
  /// An amount with its currency.
  case money
}

/// The place of a field in an event.
package enum EventFieldPlace: Sendable, Hashable, CaseIterable {
  /// The properties, under the field's name.
  case property
  /// The references, under the field's name.
  case reference
  /// The amount.
  case amount
}

/// A field of an event type.
package struct EventField: Sendable, Hashable {
  package let name: String
  package let kind: EventFieldKind
  /// The place of the field in the event.
  package let place: EventFieldPlace
  /// True if an event needs the field to make sense.
  package let required: Bool
  /// True if it may hold personal data, which an erasure removes.
  package let personal: Bool
  /// The allowed whole numbers; nil for all.
  package let range: ClosedRange<Int64>?

  package init(
    _ name: String,
    _ kind: EventFieldKind,
    place: EventFieldPlace = .property,
    required: Bool = false,
    personal: Bool = false,
    range: ClosedRange<Int64>? = nil
  ) {
    self.name = name
    self.kind = kind
    self.place = place
    self.required = required
    self.personal = personal
    self.range = range
  }
}

/// A product that sends events. Raw values are the names in the protocol.
package enum EventProduct: String, Sendable, Hashable, CaseIterable {
  /// Forms, keywords and lists.
  case subscriptionTools = "subscription_tools"
  /// Text messages.
  case sms
  /// E-mail.
  case email
  /// Campaigns and automated flows.
  case campaigns
  /// Reviews, questions and photos.
  case reviews
  /// Points, tiers and rewards.
  case loyalty
  /// Referrals of friends.
  case referrals
  /// Requests that customers submit.
  case requests
  /// Segments.
  case segments
  /// The customer's record itself.
  case profile
}

/// A type of event, with its meaning and its fields.
package struct EventType: Sendable, Hashable {
  /// The name, unique in its source, such as `order_placed`.
  package let name: String
  /// The source of events of the type.
  package let source: EventSource
  /// The product; nil unless the source is an own product.
  package let product: EventProduct?
  /// The kind of application, such as `helpdesk`; nil unless it is a template for third parties.
  package let application: String?
  /// The label for people, such as `Order placed`.
  package let label: String
  /// The meaning, in one sentence.
  package let description: String
  /// The channel of events about messages and consent; nil for other events.
  package let channel: Channel?
  /// The fields that an event may carry.
  package let fields: [EventField]
  /// True if an event creates its customer when it is unknown.
  package let createsCustomer: Bool
  /// Fields of the customer that an event may set, by their protocol names.
  package let enriches: [String]

  package init(
    name: String,
    source: EventSource,
    product: EventProduct? = nil,
    application: String? = nil,
    label: String,
    description: String,
    channel: Channel? = nil,
    fields: [EventField] = [],
    createsCustomer: Bool = false,
    enriches: [String] = []
  ) {
    self.name = name
    self.source = source
    self.product = product
    self.application = application
    self.label = label
    self.description = description
    self.channel = channel
    self.fields = fields
    self.createsCustomer = createsCustomer
    self.enriches = enriches
  }
}
