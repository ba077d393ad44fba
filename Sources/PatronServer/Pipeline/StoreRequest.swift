package import ProtobufC

/// A request of Patron's services. Every request names its store in field 1.
package protocol StoreRequest: Message {
  /// The name of the store; empty for the store of the caller's key, or for `default`.
  var storeID: String { get }
  /// False for requests that may name a store that does not exist, such as one that makes it. True
  /// by default.
  static var needsStore: Bool { get }
  /// True for requests that delete: on a full disk they use its reserve. False by default.
  static var usesReserve: Bool { get }
}

extension StoreRequest {
  package static var needsStore: Bool { true }
  package static var usesReserve: Bool { false }
}
