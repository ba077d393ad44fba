internal import PatronCore
internal import PatronModel
internal import PatronServer
internal import PatronStore

extension WriteContext {
  /// The writes of the call's store, by the call's author.
  var writer: StoreWriter { StoreWriter(transaction, of: call.store, by: call.author) }
}
