internal import ProtoWire
internal import SQLite

/// Reads of records through the cache of the I/O loops.
extension StoreReader {
  /// Finds a customer as it is now, or in the snapshot that the call has opened. Lends its encoded
  /// record, in one part that was checked before to `cached` or in two parts to `stored`, and
  /// returns true; false if there is none. `cached` runs under a lock: it only copies.
  ///
  /// A customer that the cache has costs no statement and no snapshot. Identifiers are resolved as
  /// by ``customer(_:_:)``, which does all the work if the call is `bypassing` the cache.
  package func currentCustomer(
    _ key: CustomerKey,
    bypassing: Bool = false,
    cached: (_ customer: RawSpan) -> Void,
    stored: (_ record: RawSpan, _ stats: RawSpan) throws -> Void
  ) throws -> Bool {
    guard !bypassing, let cache = transaction.records, let recordKey = RecordKey(key, of: store)
    else {
      return try customer(key) { _, record, stats in try stored(record, stats) } != nil
    }
    if cache.read(recordKey, in: transaction.openCount, cached) { return true }
    let found: Void? = try find(key, StoreReader.lookups) { row in
      let record = row.span(5)
      let stats = row.span(6)
      try stored(record, stats)
      if let count = transaction.openCount, row.isNamed(recordKey) {
        cache.fill(recordKey, record, stats, count: count)
      }
    }
    return found != nil
  }

  private static let anything = Query("SELECT 1 FROM sqlite_schema LIMIT 1")

  /// Takes the call's snapshot. All records that it finds afterwards are of that moment.
  package func holdSnapshot() throws {
    // BEGIN alone takes none: the first statement does.
    _ = try transaction.first(Self.anything) { $0.int64(0) }
  }
}

extension Row {
  /// Returns true if a row of a look-up has this identifier itself, not as an alias.
  fileprivate borrowing func isNamed(_ key: RecordKey) -> Bool {
    switch key.kind {
    case .id: int64(0) == key.number
    case .externalID: utf8(1).hasSameBytes(as: key.text.utf8Span.span.bytes)
    case .email: utf8(2).hasSameBytes(as: key.text.utf8Span.span.bytes)
    case .phone: utf8(3).hasSameBytes(as: key.text.utf8Span.span.bytes)
    }
  }
}
