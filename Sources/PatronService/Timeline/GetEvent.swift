internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// Appends an event with all its fields, its related events, and its order.
  static func getEvent(
    _ request: GetEventRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    guard let row = try find(request, reader) else { throw DomainError.eventNotFound }
    let titles = EventTitles(reader)
    let event = try Event(stored: row.body)
    let title = try titles.missingTitle(of: row)
    response.appendField(
      GetEventResponse.Field.event,
      joining: row.body.span.bytes,
      title.span.bytes
    )
    try appendRelated(to: event, reader, titles, &response)
    if let order = try reader.order(about: event) {
      try response.appendOrder(GetEventResponse.Field.order, order.body.span.bytes)
    }
  }

  private static func find(_ request: GetEventRequest, _ reader: StoreReader) throws -> EventRow? {
    switch request.event {
    case .id(let id): return try EventName.id(id).row(in: reader)
    case .key(let key): return try EventName.key(key).row(in: reader)
    case nil: throw EventName.missing
    }
  }

  /// The maximum number of related events in an answer.
  private static let maxRelated = 20
  /// The maximum number of a customer's newest events among which related events are searched.
  /// Events have no index by subject, so the maximum bounds the work for customers with very many.
  static let maxLookedAt = 2_000

  private static func appendRelated(
    to event: Event,
    _ reader: StoreReader,
    _ titles: EventTitles,
    _ response: inout ResponseBuffer
  ) throws {
    guard let subject = event.references, subject.namesSubject else { return }
    var count = 0
    var left = maxLookedAt
    try reader.timeline(of: event.customerID, behind: .newest, notBefore: .min) { entry in
      left -= 1
      guard left >= 0 else { return false }
      guard entry.position.id != event.id else { return true }
      let other = try Event(stored: entry.body)
      guard let references = other.references, references.sharesSubject(with: subject) else {
        return true
      }
      try response.appendEvent(
        GetEventResponse.Field.relatedEvents,
        entry,
        try titles.missingTitle(of: entry)
      )
      count += 1
      return count < maxRelated
    }
  }
}

extension EventReferences {
  /// The subjects that events can have in common: an order, a checkout, a message, a review.
  private var subjects: [String] { [orderExternalID, checkoutToken, messageID, reviewID] }

  /// True if the references name a subject that other events can have too.
  fileprivate var namesSubject: Bool { subjects.contains { !$0.isEmpty } }

  /// Returns true if both name the same order, checkout, message or review.
  fileprivate func sharesSubject(with other: EventReferences) -> Bool {
    zip(subjects, other.subjects).contains { !$0.isEmpty && $0 == $1 }
  }
}
