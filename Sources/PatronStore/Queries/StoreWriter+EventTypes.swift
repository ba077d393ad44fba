internal import SQLite

extension StoreWriter {
  private static let putEventType = Query(
    """
    INSERT INTO event_types (store_id, source_name, type, body) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (store_id, source_name, type) DO UPDATE SET body = ?4
    """
  )

  /// Writes an event type. Replaces the type with the same application and name.
  package func putEventType(_ type: String, of sourceName: String, body: [UInt8]) throws {
    try transaction.numbers.noteUse(of: store.name, in: transaction.read)
    try transaction.run(Self.putEventType, store.name, sourceName, type, body)
  }
}
