package import PatronStore

/// A store with what the list of stores says of it.
package struct StoreSummary: Sendable, Equatable {
  package let record: StoreRecord
  /// Customers, from counters.
  package let customerCount: Int64
  /// Keys of the store that are neither revoked nor expired.
  package let keyCount: Int

  /// Reads the counts of a store. No customer is read.
  package init(_ record: StoreRecord, in transaction: ReadTransaction, at now: Int64) throws {
    self.record = record
    let reader = StoreReader(transaction, record.id)
    customerCount = try reader.countAtOnce(of: FilterSets.everybody) ?? 0
    keyCount = try KeyReader(transaction).activeCount(of: .store(record.id), at: now)
  }
}
