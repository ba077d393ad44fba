internal import PatronCore
internal import PatronModel

/// The words that files use for stored enum numbers. Imports read the same words.
enum ConsentWords {
  static func state(_ number: Int32) -> StaticString {
    switch number {
    case 2: "pending"
    case 3: "subscribed"
    case 4: "unsubscribed"
    default: "never_subscribed"
    }
  }

  static func optInLevel(_ number: Int32) -> StaticString {
    switch number {
    case 1: "single"
    case 2: "confirmed"
    default: ""
    }
  }

  static func actor(_ number: Int32) -> StaticString {
    switch number {
    case 1: "customer"
    case 2: "operator"
    case 3: "platform"
    case 4: "system"
    default: ""
    }
  }

  static func reason(_ number: Int32) -> String {
    (SuppressionReason(rawValue: Int(number)) ?? .manual).name
  }

  static func origin(_ number: UInt64?) -> StaticString {
    switch number {
    case 1: "ecommerce_platform"
    case 2: "subscription_tool"
    case 3: "api"
    case 4: "import"
    case 5: "event"
    default: ""
    }
  }
}
