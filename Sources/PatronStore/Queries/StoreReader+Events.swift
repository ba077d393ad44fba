internal import SQLite

/// Reads of timelines and single events.
extension StoreReader {
  private static let timeline = Query(
    """
    SELECT occurred_at, id, source, type, body, source_name FROM events
    WHERE store_id = ?1 AND customer_id = ?2 AND (occurred_at, id) < (?3, ?4) AND occurred_at >= ?5
    ORDER BY occurred_at DESC, id DESC
    """
  )
  private static let byID = Query(
    """
    SELECT id, customer_id, occurred_at, source, source_name, event_id, type, sequence, body
    FROM events WHERE store_id = ?1 AND id = ?2
    """
  )
  private static let byKey = Query(
    """
    SELECT id, customer_id, occurred_at, source, source_name, event_id, type, sequence, body
    FROM events WHERE store_id = ?1 AND source = ?2 AND source_name = ?3 AND event_id = ?4
    """
  )

  /// An event of a timeline, in the memory of its row.
  package struct TimelineEntry: ~Copyable, ~Escapable {
    package let position: TimelinePosition
    /// The number of the source.
    package let source: Int32
    /// The type, in UTF-8.
    package let type: RawSpan
    /// The encoded `patron.v1.Event`.
    package let body: RawSpan
    /// The application, in UTF-8.
    package let sourceName: RawSpan

    @_lifetime(copy type, copy body, copy sourceName)
    init(
      position: TimelinePosition,
      source: Int32,
      type: RawSpan,
      body: RawSpan,
      sourceName: RawSpan
    ) {
      self.position = position
      self.source = source
      self.type = type
      self.body = body
      self.sourceName = sourceName
    }
  }

  /// Visits a customer's events behind `position`, newest first, down to the time `oldest`. The
  /// visitor returns false to stop.
  package func timeline(
    of customerID: Int64,
    behind position: TimelinePosition,
    notBefore oldest: Int64,
    _ visit: (borrowing TimelineEntry) throws -> Bool
  ) throws {
    try transaction.forEachWhile(
      Self.timeline,
      store.name,
      customerID,
      position.occurredAt,
      position.id,
      oldest
    ) { row in
      try visit(
        TimelineEntry(
          position: TimelinePosition(occurredAt: row.int64(0), id: row.int64(1)),
          source: Int32(truncatingIfNeeded: row.int64(2)),
          type: row.utf8(3),
          body: row.span(4),
          sourceName: row.utf8(5)
        )
      )
    }
  }

  /// Returns an event by its id, or nil if there is none.
  package func event(id: Int64) throws -> EventRow? {
    try transaction.first(Self.byID, store.name, id, row: Self.row)
  }

  /// Returns an event by its caller's identifiers, or nil if there is none.
  package func event(source: Int32, sourceName: String, eventID: String) throws -> EventRow? {
    try transaction.first(Self.byKey, store.name, source, sourceName, eventID, row: Self.row)
  }

  private static func row(_ row: borrowing Row) -> EventRow {
    EventRow(
      id: row.int64(0),
      customerID: row.int64(1),
      occurredAt: row.int64(2),
      source: Int32(truncatingIfNeeded: row.int64(3)),
      sourceName: row.text(4),
      eventID: row.text(5),
      type: row.text(6),
      sequence: row.int64(7),
      body: row.array(8)
    )
  }
}
