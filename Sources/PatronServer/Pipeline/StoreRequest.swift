package import ProtobufC

/// A request of Patron's services. Every request names its store in field 1.
package protocol StoreRequest: Message {
  /// The name of the store; empty for `default`.
  var storeID: String { get }
  /// True for requests that delete: on a full disk they use its reserve. False by default.
  static var usesReserve: Bool { get }
}

extension StoreRequest {
  package static var usesReserve: Bool { false }
}
