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
  /// The effect of an event on its customer.
  package let rule: Enrichment.Rule

  package init(
    name: String,
    source: EventSource,
    product: EventProduct? = nil,
    application: String? = nil,
    label: String,
    description: String,
    channel: Channel? = nil,
    fields: [EventField] = [],
    rule: Enrichment.Rule = .none
  ) {
    self.name = name
    self.source = source
    self.product = product
    self.application = application
    self.label = label
    self.description = description
    self.channel = channel
    self.fields = fields
    self.rule = rule
  }

  /// Fields of a known customer that an event may set, by their protocol names. They follow from
  /// the rule.
  package var enriches: [String] { rule.enriches }
}
