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
