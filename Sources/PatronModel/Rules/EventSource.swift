/// The origin of an event. Raw values are those of the protocol and are stored: never renumber.
package enum EventSource: Int, Sendable, Hashable, CaseIterable {
  /// The shop's e-commerce platform.
  case ecommerce = 1
  /// The products around Patron: subscription tools, SMS, e-mail, reviews, loyalty, requests.
  case product = 2
  /// Third-party applications.
  case thirdParty = 3

  /// A stable lower-case name, used by the command line.
  package var name: String {
    switch self {
    case .ecommerce: "ecommerce"
    case .product: "product"
    case .thirdParty: "third_party"
    }
  }
}

/// The unique key of an event in its store. An event with the same key replaces it.
package struct EventKey: Sendable, Hashable {
  package var source: EventSource
  /// The application; empty for the platform itself and for own products.
  package var sourceName: String
  /// The caller's identifier, or the derived one.
  package var eventID: String

  package init(source: EventSource, sourceName: String, eventID: String) {
    self.source = source
    self.sourceName = sourceName
    self.eventID = eventID
  }
}
