internal import PatronCore
internal import PatronModel
internal import PatronServer
internal import PatronStore

extension WriteContext {
  /// The writes of the call's store.
  var writer: StoreWriter { StoreWriter(transaction, of: call.store) }
}
