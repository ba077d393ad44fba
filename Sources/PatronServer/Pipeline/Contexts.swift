internal import PatronModel
package import PatronStore
package import TTRPC

/// The tools of a handler that reads.
package struct ReadContext {
  package let transaction: ReadTransaction
  /// The time of the request, microseconds since 1970.
  package let now: Int64

  /// Reads of the store with this name.
  package func store(_ name: String) throws(RPCError) -> StoreReader {
    StoreReader(transaction, try StoreID.named(name))
  }
}

/// The tools of a handler that writes.
package struct WriteContext {
  package let transaction: WriteTransaction
  /// The time of the request, microseconds since 1970.
  package let now: Int64
  /// The statuses of single items.
  package var errors = CallErrors.unreported

  package init(transaction: WriteTransaction, now: Int64, errors: CallErrors = .unreported) {
    self.transaction = transaction
    self.now = now
    self.errors = errors
  }
}

extension StoreID {
  /// The store that a request names.
  package static func named(_ name: String) throws(RPCError) -> StoreID {
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
