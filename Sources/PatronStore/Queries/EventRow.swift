/// An event as the store keeps it.
package struct EventRow: Sendable {
  /// Patron's id.
  package var id: Int64
  /// Whose timeline.
  package var customerID: Int64
  /// When it happened, microseconds since 1970.
  package var occurredAt: Int64
  /// Number of the source.
  package var source: Int32
  /// The application; empty for the platform itself.
  package var sourceName: String
  /// The caller's identifier.
  package var eventID: String
  /// What happened.
  package var type: String
  /// Order of recording.
  package var sequence: Int64
  /// The encoded event.
  package var body: [UInt8]

  /// A row to be written.
  package init(
    id: Int64,
    customerID: Int64,
    occurredAt: Int64,
    source: Int32,
    sourceName: String,
    eventID: String,
    type: String,
    sequence: Int64,
    body: [UInt8]
  ) {
    self.id = id
    self.customerID = customerID
    self.occurredAt = occurredAt
    self.source = source
    self.sourceName = sourceName
    self.eventID = eventID
    self.type = type
    self.sequence = sequence
    self.body = body
  }
}

/// A place in a timeline: behind the event with this instant and id.
package struct TimelinePosition: Sendable, Equatable {
  /// Microseconds since 1970.
  package var occurredAt: Int64
  /// Id of the event.
  package var id: Int64

  /// Behind the event with this instant and id.
  package init(occurredAt: Int64, id: Int64) {
    self.occurredAt = occurredAt
    self.id = id
  }

  /// Before everything.
  package static let newest = TimelinePosition(occurredAt: .max, id: .max)
}
