package import PatronStore

/// The context of a handler that reads.
package struct ReadContext {
  package let call: CallContext
  package let transaction: ReadTransaction

  /// The reads of the call's store.
  package var reader: StoreReader { StoreReader(transaction, call.store) }

  /// The time of the request in microseconds since 1970 UTC.
  package var now: Int64 { call.now }
}
