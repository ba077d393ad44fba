/// An event of the database for a log. It has no data of a customer.
package enum StoreEvent: Sendable, Equatable {
  /// Jobs that the writer took together have run: their cost in items, the time in which they ran,
  /// and the time until their answers had left and what was due after them was done.
  case batch(items: Int, run: Duration, whole: Duration)
  /// The write-ahead log was checkpointed. `isBusy` is true if readers kept a part of it.
  case checkpoint(pages: Int, isBusy: Bool, duration: Duration)
  /// The schema was brought to this program's version. A new database comes from version 0.
  case migration(from: Int, to: Int, duration: Duration)
}
