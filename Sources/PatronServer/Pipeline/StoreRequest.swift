package import ProtobufC

/// A request of Patron's services. Every request names its store in field 1.
package protocol StoreRequest: Message {
  /// The name of the store; empty for `default`.
  var storeID: String { get }
}
