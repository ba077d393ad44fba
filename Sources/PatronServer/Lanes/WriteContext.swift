package import PatronStore
internal import TTRPC

/// The context of a handler that writes.
package struct WriteContext {
  package let call: CallContext
  package let transaction: WriteTransaction
  /// The time of the request, or of a further step, in microseconds since 1970 UTC.
  package let now: Int64
  /// Items of a batch that this transaction may apply. `Int.max` if the write is not divided.
  package let maxItems: Int

  /// Makes the context of a job. The audit log names its call from here on.
  package init(
    call: CallContext,
    transaction: WriteTransaction,
    now: Int64,
    maxItems: Int = .max
  ) {
    self.call = call
    self.transaction = transaction
    self.now = now
    self.maxItems = maxItems
    transaction.auditCaller = call.auditCaller(at: now)
  }
}
