internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The name by which a request refers to an event.
package enum EventName: Sendable {
  case id(Int64)
  case known(source: Int32, sourceName: String, eventID: String)

  /// Reads a key of the contract.
  ///
  /// - Throws: INVALID_ARGUMENT `SOURCE_REQUIRED`.
  package static func key(_ key: PatronProto.EventKey) throws -> EventName {
    guard key.source != .unspecified else {
      throw DomainError.invalid(
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

  package static let missing = DomainError.invalid(
    "event",
    "REF_MISSING",
    "No event is named: give id, or key with source and event_id."
  )

  /// Returns the event, or nil when there is none.
  package func row(in reader: StoreReader) throws -> EventRow? {
    switch self {
    case .id(let id): try reader.event(id: id)
    case .known(let source, let sourceName, let eventID):
      try reader.event(source: source, sourceName: sourceName, eventID: eventID)
    }
  }
}

extension DomainError {
  /// The error for a reference that fits no event.
  package static let eventNotFound = reason(
    .notFound,
    "EVENT_NOT_FOUND",
    "No event of this store has that identifier; check it, and the store."
  )
}
