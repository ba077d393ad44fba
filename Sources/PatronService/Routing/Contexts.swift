internal import PatronStore
internal import TTRPC

/// What a handler that reads may use.
struct ReadContext {
  let transaction: ReadTransaction
  /// The time of the request, microseconds since 1970.
  let now: Int64

  /// Reads of the store with this name.
  func store(_ name: String) throws(RPCError) -> StoreReader {
    StoreReader(transaction, try StoreID.named(name))
  }
}

/// What a handler that writes may use.
struct WriteContext {
  let transaction: WriteTransaction
  /// The time of the request, microseconds since 1970.
  let now: Int64
  /// For the errors of single items.
  var errors = CallErrors.unreported

  /// Writes of a store.
  func store(_ store: StoreID) -> StoreWriter {
    StoreWriter(transaction, store, CustomerTerms.rules)
  }
}

extension StoreID {
  /// The store that a request names.
  static func named(_ name: String) throws(RPCError) -> StoreID {
    guard let store = StoreID(name) else {
      throw .invalid(
        "store_id",
        "STORE_ID_MALFORMED",
        "A store id has 1 to \(maximumLength) characters of a-z, 0-9, _ and -; "
          + "leave it empty for the store `default`."
      )
    }
    return store
  }
}
