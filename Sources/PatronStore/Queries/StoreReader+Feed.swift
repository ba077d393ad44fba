internal import ProtoWire
internal import SQLite

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
  private static let lastNumber = Query(
    """
    SELECT coalesce((SELECT value FROM store_sequences WHERE store_id = ?1),
      (SELECT value FROM sequences WHERE name = 'store'))
    """
  )
  private static let newest = Query(
    """
    SELECT sequence FROM events WHERE store_id = ?1 AND sequence < ?2
    ORDER BY sequence DESC LIMIT 1 OFFSET ?3
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

  /// Returns a copy of the event at a place, or nil if there is none.
  package func event(at place: FeedPlace) throws -> FeedEvent? {
    try transaction.first(
      Self.atPlace,
      store.name,
      place.customerID,
      place.occurredAt,
      place.id
    ) { row in
      FeedEvent(
        position: TimelinePosition(occurredAt: place.occurredAt, id: place.id),
        source: Int32(truncatingIfNeeded: row.int64(0)),
        type: [UInt8](copying: row.utf8(1)),
        sourceName: [UInt8](copying: row.utf8(3)),
        body: row.array(2),
        hasMoved: row.int64(4) == place.sequence
      )
    }
  }

  /// Returns the tombstone at a place, or nil if there is none.
  package func tombstone(at place: FeedPlace) throws -> [UInt8]? {
    try transaction.first(Self.tombstone, store.name, place.sequence) { $0.array(0) }
  }

  /// Returns the last number issued in the store. No event has a greater sequence, and every later
  /// event will.
  package func lastNumber() throws -> Int64 {
    let found = try transaction.first(Self.lastNumber, store.name) { $0.optionalInt64(0) }
    guard let number = found ?? nil else {
      throw StoreError.corrupt("the table of sequences has lost its row `store`")
    }
    return number
  }

  /// Returns the sequence of the event before which lie `count` newer ones that are older than
  /// `sequence`; nil if there is none. Takes time proportional to `count`.
  package func sequence(before sequence: Int64, skipping count: Int) throws -> Int64? {
    try transaction.first(Self.newest, store.name, sequence, Int64(count)) { $0.int64(0) }
  }
}
