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
