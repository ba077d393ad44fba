internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked request.
  struct EventDeletion: Sendable {
    var store: StoreID
    var requestID: RequestID
    var event: EventName
  }

  /// Checks everything that needs no look at the store.
  static func prepareDeleteEvent(_ request: DeleteEventRequest) throws -> EventDeletion {
    let store = try StoreID.named(request.storeID)
    var violations = Violations()
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    try violations.finish()
    let event: EventName =
      switch request.event {
      case .id(let id): .id(id)
      case .key(let key): try .key(key)
      case nil: throw EventName.missing
      }
    return EventDeletion(store: store, requestID: requestID, event: event)
  }

  /// Deletes one event.
  static func deleteEvent(
    _ deletion: EventDeletion,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.store(deletion.store)
    try FirstAnswers.answer(
      deletion.requestID,
      of: TimelineService.deleteEvent.method,
      in: writer,
      at: context.now,
      &response
    ) { response in
      guard let row = try deletion.event.row(in: writer.read) else { throw RPCError.eventNotFound }
      guard !row.eventID.hasPrefix(EventCheck.reservedPrefix) else {
        throw RPCError.reason(
          .failedPrecondition,
          "EVENT_DERIVED",
          "Patron made the event itself, from an order or a change of the customer. Change or "
            + "delete what it tells of."
        )
      }
      guard let customer = try writer.read.customerRow(.id(row.customerID)) else {
        throw RPCError.eventNotFound
      }
      var timeline = try TimelineWriter(
        writer,
        customerID: row.customerID,
        stats: customer.stats,
        now: context.now
      )
      try timeline.delete(row)
      try timeline.finish()
      try response.append(
        DeleteEventResponse.with {
          $0.eventID = row.id
          $0.customerID = row.customerID
        }
      )
    }
  }
}

/// How a request names an event.
enum EventName: Sendable {
  case id(Int64)
  case known(source: Int32, sourceName: String, eventID: String)

  /// Throws INVALID_ARGUMENT `SOURCE_REQUIRED`.
  static func key(_ key: PatronProto.EventKey) throws -> EventName {
    guard key.source != .unspecified else {
      throw RPCError.invalid(
        "event.key.source",
        "SOURCE_REQUIRED",
        "Say where the event comes from: EVENT_SOURCE_ECOMMERCE, EVENT_SOURCE_PRODUCT or "
          + "EVENT_SOURCE_THIRD_PARTY."
      )
    }
    return .known(
      source: key.source.rawValue,
      sourceName: key.sourceName,
      eventID: (try? EventRules.parseEventID(key.eventID)) ?? key.eventID
    )
  }

  static let missing = RPCError.invalid(
    "event",
    "REF_MISSING",
    "No event is named: give id, or key with source and event_id."
  )

  /// The event; nil when there is none.
  func row(in reader: StoreReader) throws -> EventRow? {
    switch self {
    case .id(let id): try reader.event(id: id)
    case .known(let source, let sourceName, let eventID):
      try reader.event(source: source, sourceName: sourceName, eventID: eventID)
    }
  }
}

extension TimelineWriter {
  /// Deletes an event of the customer; summaries and figures are those of the events that are left.
  /// Fields of the record, consent and suppressions stay as the event left them.
  mutating func delete(_ row: EventRow) throws {
    let event = try Event(stored: row.body)
    try writer.delete(event, row)
    changeStats { $0.forget(event) }
    try recountActivity()
    try EventEnrichment.forget(event, on: &self)
  }
}

extension StoreWriter {
  /// Deletes an event and leaves its tombstone. Figures of the customer are to be counted anew.
  func delete(_ event: Event, _ row: EventRow) throws {
    let sequence = try nextID()
    try delete(row, sequence: sequence, body: try event.tombstone(at: sequence).encoded())
  }
}

extension Event {
  /// The parts that followers of the store need to forget the event.
  fileprivate func tombstone(at sequence: Int64) -> Event {
    .with {
      $0.id = id
      $0.eventID = eventID
      $0.customerID = customerID
      $0.source = source
      $0.sourceName = sourceName
      $0.product = product
      $0.type = type
      $0.channel = channel
      $0.occurredAt = occurredAt
      $0.sequence = sequence
    }
  }
}

extension RPCError {
  /// The reference fits no event.
  static let eventNotFound = reason(
    .notFound,
    "EVENT_NOT_FOUND",
    "No event of this store has that identifier; check it, and the store."
  )
}
