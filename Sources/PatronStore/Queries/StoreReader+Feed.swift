internal import SQLite

/// The place of an event in the feed of its store, which is in the order of commits.
package struct FeedPlace: Sendable, Hashable {
  /// The sequence, greater than that of every event committed before.
  package let sequence: Int64
  package let customerID: Int64
  /// The time of the event, in microseconds since 1970.
  package let occurredAt: Int64
  /// The id of the event. A replaced event gets another sequence, but keeps its id.
  package let id: Int64
  /// True if the event was deleted and this place holds its tombstone.
  package let isDeleted: Bool
}

/// The events of a store in the order of commits.
extension StoreReader {
  private static let places = Query(
    """
    SELECT sequence, customer_id, occurred_at, id, 0 FROM events
    WHERE store_id = ?1 AND sequence > ?2
    UNION ALL
    SELECT sequence, customer_id, occurred_at, id, 1 FROM event_tombstones
    WHERE store_id = ?1 AND sequence > ?2
    ORDER BY sequence
    """
  )
  private static let tombstone = Query(
    "SELECT body FROM event_tombstones WHERE store_id = ?1 AND sequence = ?2"
  )
  private static let atPlace = Query(
    """
    SELECT source, type, body, source_name, moved_sequence FROM events
    WHERE store_id = ?1 AND customer_id = ?2 AND occurred_at = ?3 AND id = ?4
    """
  )
  private static let lastNumber = Query("SELECT value FROM sequences WHERE name = 'record'")
  private static let floor = Query("SELECT sequence FROM feed_floors WHERE store_id = ?1")
  private static let newest = Query(
    """
    SELECT sequence FROM events WHERE store_id = ?1 ORDER BY sequence DESC LIMIT 1 OFFSET ?2
    """
  )

  /// Visits the places of the events behind a sequence, in the order of commits. An index alone
  /// answers it. The visitor returns false to stop.
  package func feed(after sequence: Int64, _ visit: (FeedPlace) throws -> Bool) throws {
    try transaction.forEachWhile(Self.places, store.name, sequence) { row in
      try visit(
        FeedPlace(
          sequence: row.int64(0),
          customerID: row.int64(1),
          occurredAt: row.int64(2),
          id: row.int64(3),
          isDeleted: row.int64(4) != 0
        )
      )
    }
  }

  /// Lends the event at a place to `body`; `hasMoved` is true if it came there from another
  /// customer. Returns nil if there is no event.
  package func event<Result>(
    at place: FeedPlace,
    _ body: (borrowing TimelineEntry, _ hasMoved: Bool) throws -> Result
  ) throws -> Result? {
    try transaction.first(
      Self.atPlace,
      store.name,
      place.customerID,
      place.occurredAt,
      place.id
    ) { row in
      try body(
        TimelineEntry(
          position: TimelinePosition(occurredAt: place.occurredAt, id: place.id),
          source: Int32(truncatingIfNeeded: row.int64(0)),
          type: row.utf8(1),
          body: row.bytes(2),
          sourceName: row.utf8(3)
        ),
        row.int64(4) == place.sequence
      )
    }
  }

  /// Returns the tombstone at a place, or nil if there is none.
  package func tombstone(at place: FeedPlace) throws -> [UInt8]? {
    try transaction.first(Self.tombstone, store.name, place.sequence) { $0.array(0) }
  }

  /// Returns the last number issued in any store. No event has a greater sequence, and every later
  /// event will.
  package func lastNumber() throws -> Int64 {
    guard let number = try transaction.first(Self.lastNumber, row: { $0.int64(0) }) else {
      throw StoreError.corrupt("the table of sequences has lost its row `record`")
    }
    return number
  }

  /// Returns the highest sequence up to which events may have been removed; 0 if none were.
  package func feedFloor() throws -> Int64 {
    try transaction.first(Self.floor, store.name) { $0.int64(0) } ?? 0
  }

  /// Returns the sequence just before the `count` newest events of the store; 0 if it has no more
  /// than that. Takes time proportional to `count`.
  package func sequence(beforeNewest count: Int) throws -> Int64 {
    try transaction.first(Self.newest, store.name, count) { $0.int64(0) } ?? 0
  }
}

extension StoreWriter {
  private static let raiseFloor = Query(
    """
    INSERT INTO feed_floors (store_id, sequence) VALUES (?1, ?2)
    ON CONFLICT (store_id) DO UPDATE SET sequence = ?2 WHERE feed_floors.sequence < ?2
    """
  )

  /// Raises the floor of the feed: events with a sequence up to `sequence` may be missing from now
  /// on, and a watch that resumes before it is refused. The floor never goes down.
  package func raiseFeedFloor(to sequence: Int64) throws {
    try transaction.run(Self.raiseFloor, store.name, sequence)
  }
}
