/// Where an event comes from. Raw values are those of the protocol and are stored: never renumber.
package enum EventSource: Int, Sendable, Hashable, CaseIterable {
  /// The shop's e-commerce platform.
  case ecommerce = 1
  /// The products around Patron: subscription tools, SMS, e-mail, reviews, loyalty, requests.
  case product = 2
  /// Applications of others.
  case thirdParty = 3

  /// Stable lower-case name, as the command line has it.
  package var name: String {
    switch self {
    case .ecommerce: "ecommerce"
    case .product: "product"
    case .thirdParty: "third_party"
    }
  }
}

/// What makes an event unique within its store: the same key again replaces the event.
package struct EventKey: Sendable, Hashable {
  /// Where it comes from.
  package var source: EventSource
  /// The application; empty for the platform itself and for own products.
  package var sourceName: String
  /// The caller's identifier, or the one that was made.
  package var eventID: String

  /// Makes a key.
  package init(source: EventSource, sourceName: String, eventID: String) {
    self.source = source
    self.sourceName = sourceName
    self.eventID = eventID
  }
}
