/// Where an event comes from. Raw values are those of the protocol and are stored: never renumber.
public enum EventSource: Int, Sendable, Hashable, CaseIterable {
  /// The shop's e-commerce platform.
  case ecommerce = 1
  /// The products around Patron: subscription tools, SMS, e-mail, reviews, loyalty, requests.
  case product = 2
  /// Applications of others.
  case thirdParty = 3

  /// Stable lower-case name, as the command line has it.
  public var name: String {
    switch self {
    case .ecommerce: "ecommerce"
    case .product: "product"
    case .thirdParty: "third_party"
    }
  }
}

/// What makes an event unique within its store: the same key again replaces the event.
public struct EventKey: Sendable, Hashable {
  /// Where it comes from.
  public var source: EventSource
  /// The application; empty for the platform itself and for own products.
  public var sourceName: String
  /// The caller's identifier, or the one that was made.
  public var eventID: String

  /// Makes a key.
  public init(source: EventSource, sourceName: String, eventID: String) {
    self.source = source
    self.sourceName = sourceName
    self.eventID = eventID
  }
}
