internal import SQLite

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
