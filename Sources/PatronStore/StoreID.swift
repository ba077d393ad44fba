/// Names a store. Every key of the database begins with it.
package struct StoreID: Sendable, Hashable {
  /// 1 to 64 characters of `a-z 0-9 _ -`.
  package let name: String

  /// The store that a request means when it names none.
  package static let `default` = StoreID(unchecked: "default")

  /// The longest name in characters.
  package static let maximumLength = 64

  /// The store with this name, `default` for the empty name; nil when the name is malformed.
  package init?(_ name: String) {
    if name.isEmpty {
      self = .default
      return
    }
    guard name.utf8.count <= Self.maximumLength, name.utf8.allSatisfy(Self.isAllowed) else {
      return nil
    }
    self.name = name
  }

  private init(unchecked name: String) { self.name = name }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
}
