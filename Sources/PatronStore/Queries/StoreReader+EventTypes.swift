internal import SQLite

/// Event types that the store registered.
extension StoreReader {
  private static let eventTypes = Query(
    "SELECT body FROM event_types WHERE store_id = ?1 ORDER BY source_name, type"
  )
  private static let eventType = Query(
    "SELECT body FROM event_types WHERE store_id = ?1 AND source_name = ?2 AND type = ?3"
  )
  private static let eventTypeCount = Query(
    "SELECT count(*) FROM event_types WHERE store_id = ?1"
  )

  /// Visits the encoded `patron.v1.EventType`s, in the order of application and name.
  package func eventTypes(_ visit: (_ body: RawSpan) throws -> Void) throws {
    try transaction.forEach(Self.eventTypes, store.name) { row in try visit(row.span(0)) }
  }

  /// Returns an encoded event type, or nil if it is not registered.
  package func eventType(_ type: String, of sourceName: String) throws -> [UInt8]? {
    try transaction.first(Self.eventType, store.name, sourceName, type) { $0.array(0) }
  }

  /// Returns the number of registered types.
  package func eventTypeCount() throws -> Int64 {
    try transaction.first(Self.eventTypeCount, store.name) { $0.int64(0) } ?? 0
  }
}
