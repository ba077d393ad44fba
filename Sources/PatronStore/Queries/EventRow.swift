/// An event as the store keeps it.
public struct EventRow: Sendable {
  /// Patron's id.
  public var id: Int64
  /// Whose timeline.
  public var customerID: Int64
  /// When it happened, microseconds since 1970.
  public var occurredAt: Int64
  /// Number of the source.
  public var source: Int32
  /// The application; empty for the platform itself.
  public var sourceName: String
  /// The caller's identifier.
  public var eventID: String
  /// What happened.
  public var type: String
  /// Order of recording.
  public var sequence: Int64
  /// The encoded event.
  public var body: [UInt8]

  /// A row to be written.
  public init(
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
public struct TimelinePosition: Sendable, Equatable {
  /// Microseconds since 1970.
  public var occurredAt: Int64
  /// Id of the event.
  public var id: Int64

  /// Behind the event with this instant and id.
  public init(occurredAt: Int64, id: Int64) {
    self.occurredAt = occurredAt
    self.id = id
  }

  /// Before everything.
  public static let newest = TimelinePosition(occurredAt: .max, id: .max)
}
