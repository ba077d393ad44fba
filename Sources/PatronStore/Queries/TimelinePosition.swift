/// A position in a timeline: just behind the event with this time and id.
package struct TimelinePosition: Sendable, Equatable {
  /// Microseconds since 1970.
  package var occurredAt: Int64
  /// The id of the event.
  package var id: Int64

  package init(occurredAt: Int64, id: Int64) {
    self.occurredAt = occurredAt
    self.id = id
  }

  /// The position before the newest event.
  package static let newest = TimelinePosition(occurredAt: .max, id: .max)
}
