internal import ProtoWire
internal import SQLite

/// The cached records that the open transaction changes. It belongs to the writer.
///
/// SQLite itself reports them, by triggers of the writer's connection, so that no statement that
/// changes a customer can be forgotten, such as the deletion of a store. They give the identifiers
/// that a row had: under those it may be in the cache. A new row is in none, because every row that
/// had one of its identifiers before has been reported.
final class ChangedRecords {
  private let cache: RecordCache
  private var hashes: [UInt64] = []

  private static let triggers = """
    CREATE TEMP TRIGGER changed_records AFTER UPDATE
      OF store_id, customer_id, external_id, email, phone, body, stats ON main.customers
    BEGIN
      SELECT changed_record(
        old.store_id, old.customer_id, old.external_id, old.email, old.phone);
    END;
    CREATE TEMP TRIGGER deleted_records AFTER DELETE ON main.customers
    BEGIN
      SELECT changed_record(
        old.store_id, old.customer_id, old.external_id, old.email, old.phone);
    END;
    """

  /// Begins to observe the writer's connection. Nil for a database without customers, of tests.
  init?(_ cache: RecordCache, on connection: Connection) throws(SQLiteError) {
    self.cache = cache
    let hasCustomers = try connection.integer(
      "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND name = 'customers'"
    )
    guard hasCustomers == 1 else { return nil }
    try connection.observe("changed_record", argumentCount: 5) { [unowned self] in note($0) }
    try connection.execute(Self.triggers)
  }

  private func note(_ row: borrowing FunctionArguments) {
    let store = row.utf8(0)
    let none = RawSpan()
    hashes.append(RecordKey.hash(store, .id, row.int64(1), none))
    note(store, .externalID, row, 2)
    note(store, .email, row, 3)
    note(store, .phone, row, 4)
  }

  private func note(
    _ store: RawSpan,
    _ kind: RecordKey.Kind,
    _ row: borrowing FunctionArguments,
    _ argument: Int
  ) {
    guard !row.isNull(argument) else { return }
    hashes.append(RecordKey.hash(store, kind, 0, row.utf8(argument)))
  }

  /// Removes the changed records from the cache, for the commit of this number. Call it right
  /// before COMMIT: until the commit is counted, what it changes is read from the database.
  func publish(commit: UInt64) {
    guard !hashes.isEmpty else { return }
    cache.change(hashes, commit: commit)
    forget()
  }

  /// Forgets the changes of a transaction that was rolled back.
  func forget() { hashes.removeAll(keepingCapacity: hashes.capacity <= 1 << 16) }
}
