/// The name of a store (tenant). It is the first column of every key in the database.
package struct StoreID: Sendable, Hashable {
  /// 1 to 64 characters of `a-z 0-9 _ -`.
  package let name: String

  /// The store of a request that leaves its name empty.
  package static let `default` = StoreID(unchecked: "default")

  /// Maximum length of a name, in characters.
  package static let maxLength = 64

  /// Makes the id of the named store: `default` for the empty name, nil for a malformed one.
  package init?(_ name: String) {
    if name.isEmpty {
      self = .default
      return
    }
    guard name.utf8.count <= Self.maxLength, name.utf8.allSatisfy(Self.isAllowed) else {
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
