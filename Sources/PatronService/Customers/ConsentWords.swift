/// The words of files for numbers that are stored. Imports read the same words.
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
    switch number {
    case 2: "hard_bounce"
    case 3: "soft_bounce"
    case 4: "spam_complaint"
    case 5: "invalid_address"
    case 6: "carrier_block"
    case 7: "erasure"
    case 8: "policy"
    case 9: "unsubscribed"
    default: "manual"
    }
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
