/// The action that a ledger row records. Raw values are the protocol's.
package enum ConsentAction: Int, Sendable, Hashable, CaseIterable {
  /// An agreement.
  case subscribe = 1
  /// A double opt-in request.
  case request = 2
  /// The confirmation of a request.
  case confirm = 3
  /// An opt-out.
  case unsubscribe = 4
  /// A suppression was added.
  case suppress = 5
  /// A suppression was lifted.
  case unsuppress = 6
  /// A state was imported.
  case importState = 7
  /// The address was replaced or removed: the state is that of the new address.
  case addressChange = 8
}
