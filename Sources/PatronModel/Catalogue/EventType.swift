/// What a field of an event holds. Raw values are the names that the protocol uses.
package enum EventFieldKind: String, Sendable, Hashable, CaseIterable {
  /// Text. Several values in one field are joined by commas.
  case string
  /// True or false.
  case bool
  /// A whole number.
  case int
  /// A finite number.
  case double
  /// An instant.
  case timestamp
  /// A day.
  case date
  /// An amount with its currency.
  case money
}

/// Where in an event a field stands.
package enum EventFieldPlace: Sendable, Hashable, CaseIterable {
  /// Among its properties, under the field's name.
  case property
  /// Among its references, under the field's name.
  case reference
  /// In its amount.
  case amount
}

/// One field of a type of event.
package struct EventField: Sendable, Hashable {
  /// Its name.
  package let name: String
  /// What it holds.
  package let kind: EventFieldKind
  /// Where it stands.
  package let place: EventFieldPlace
  /// Whether an event without it makes no sense.
  package let required: Bool
  /// Whether it may hold personal data, which an erasure removes.
  package let personal: Bool
  /// The whole numbers that it may hold; nil for all.
  package let range: ClosedRange<Int64>?

  /// Makes a field.
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

/// A product whose events Patron keeps. Raw values are the names that the protocol uses.
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

/// A type of event: what happened, and what is known of it.
package struct EventType: Sendable, Hashable {
  /// Name, unique within its source: `order_placed`.
  package let name: String
  /// Where events of the type come from.
  package let source: EventSource
  /// The product, for events of own products.
  package let product: EventProduct?
  /// For templates of third parties: the kind of application, e.g. `helpdesk`.
  package let application: String?
  /// For people: `Order placed`.
  package let label: String
  /// What it means, in one sentence.
  package let description: String
  /// Its channel, for events about messages and consent.
  package let channel: Channel?
  /// What it may carry.
  package let fields: [EventField]
  /// Whether it creates the customer it is about, when unknown.
  package let createsCustomer: Bool
  /// Fields of the customer that it may set, in protocol names.
  package let enriches: [String]

  /// Makes a type.
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
