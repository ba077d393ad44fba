/// An event, as stored.
package struct EventRow: Sendable {
  package var id: Int64
  /// The owner of the timeline.
  package var customerID: Int64
  /// The time of the event, in microseconds since 1970.
  package var occurredAt: Int64
  /// The number of the source.
  package var source: Int32
  /// The application; empty for the platform itself.
  package var sourceName: String
  /// The caller's identifier.
  package var eventID: String
  /// The type, such as `order_placed`.
  package var type: String
  /// The position in the order of commits; greater than that of every earlier event.
  package var sequence: Int64
  /// The encoded `patron.v1.Event`.
  package var body: [UInt8]

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
